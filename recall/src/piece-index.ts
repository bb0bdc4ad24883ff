/**
 * Pieces by source, in their order, with what is needed to rank them. Whoever keeps the sources (memory its files, the gateway
 * its messages) hands in what changed; nothing here looks at a source. Each call is one transaction, so a kill leaves a
 * source as it was or as it is to be.
 */
import { statSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Counts } from './counts.ts';
import { openIndexFile } from './index-file.ts';
import { marksOf } from './marks.ts';
import type { Piece } from './piece.ts';
import { indexForms } from './words.ts';

export interface Source {
  id: number;
  /** How the source looked when it was read, in the words of whoever keeps it. */
  stamp: string;
}

/** Pieces to add behind what is known of a source. */
export interface Addition {
  source: string;
  stamp: string;
  pieces: readonly Piece[];
}

export interface IndexOptions {
  /** False where the caller has the texts himself and knows them by `line`: they are not stored a second time. */
  keepsText: boolean;
}

export class PieceIndex {
  readonly #database: DatabaseSync;
  readonly counts: Counts;
  readonly #path: string;
  readonly #inode: number;
  readonly #keepsText: boolean;
  readonly #sources = new Map<string, Source>();
  readonly #names = new Map<number, string>();
  #forgotten: (id: number) => void = () => undefined;
  readonly #statements = new Map<string, StatementSync>();

  constructor(path: string, { keepsText }: IndexOptions) {
    this.#path = path;
    this.#keepsText = keepsText;
    this.#database = openIndexFile(path);
    this.#inode = statSync(path).ino;
    this.counts = new Counts(this.#database);
    for (const { id, name, stamp } of this.sql('SELECT id, name, stamp FROM source').all()) {
      this.#keep(String(name), { id: Number(id), stamp: String(stamp) });
    }
  }

  /** Whether the file on disk is still the one that is open. */
  get inPlace(): boolean {
    return statSync(this.#path, { throwIfNoEntry: false })?.ino === this.#inode;
  }

  get sources(): ReadonlyMap<string, Source> {
    return this.#sources;
  }

  /** @param id of a source */
  nameOf(id: number): string {
    return this.#names.get(id) ?? '';
  }

  /** A prepared statement, prepared once. */
  sql(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (!statement) {
      statement = this.#database.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }

  /** Puts the pieces in the place of what was known of this source; what is the same from its beginning on stays. */
  replace(name: string, stamp: string, pieces: readonly Piece[]): void {
    this.#transaction(() => {
      const source = this.#sourceId(name, stamp);
      const known = this.sql(
        'SELECT line, content, section, at, speaker FROM piece WHERE source = ? ORDER BY seq',
      ).all(source);
      const changed = pieces.findIndex((piece, seq) => !isSame(piece, known[seq]));
      const from = changed === -1 ? pieces.length : changed;
      this.#forgetFrom(source, from);
      this.#add(source, from, pieces.slice(from));
      return [[name, { id: source, stamp }]];
    });
  }

  /** Adds to any number of sources, all or nothing; a source may come several times. */
  append(additions: readonly Addition[]): void {
    this.#transaction(() =>
      additions.map(({ source: name, stamp, pieces }) => {
        const source = this.#sourceId(name, stamp);
        const last = this.sql('SELECT max(seq) AS seq FROM piece WHERE source = ?').get(source);
        this.#add(source, last?.seq == null ? 0 : Number(last.seq) + 1, pieces);
        return [name, { id: source, stamp }] as const;
      }),
    );
  }

  remove(name: string): void {
    const source = this.#sources.get(name);
    if (source === undefined) return;
    this.#transaction(() => {
      this.#forgetFrom(source.id, 0);
      this.sql('DELETE FROM source WHERE id = ?').run(source.id);
      return [[name, null]];
    });
  }

  /**
   * Removes what was added first, as far as it stands before a line; for whoever adds in the order of lines.
   * @returns whether there may be more
   */
  forgetBefore(line: number, most: number): boolean {
    const oldest = this.sql('SELECT id, line, forms FROM piece ORDER BY id LIMIT ?').all(most);
    const end = oldest.findIndex((piece) => Number(piece.line) >= line);
    const going = end === -1 ? oldest : oldest.slice(0, end);
    if (going.length === 0) return false;
    this.#transaction(() => {
      const forget = this.sql('DELETE FROM found WHERE rowid = ?');
      const forgetVector = this.sql('DELETE FROM vector WHERE piece = ?');
      for (const { id, forms } of going) {
        forget.run(Number(id));
        forgetVector.run(Number(id));
        this.#forgotten(Number(id));
        this.counts.count(String(forms).split(' '), -1);
        this.sql('DELETE FROM piece WHERE id = ?').run(Number(id));
      }
      return [];
    });
    return going.length === most;
  }

  /** @param listener is told of each piece that goes */
  onForgotten(listener: (id: number) => void): void {
    this.#forgotten = listener;
  }

  /** One transaction. */
  atOnce(work: () => void): void {
    this.#transaction(() => {
      work();
      return [];
    });
  }

  close(): void {
    this.#database.close();
  }

  #keep(name: string, source: Source): void {
    this.#sources.set(name, source);
    this.#names.set(source.id, name);
  }

  #drop(name: string): void {
    this.#names.delete(this.#sources.get(name)?.id ?? -1);
    this.#sources.delete(name);
  }

  #sourceId(name: string, stamp: string): number {
    const row = this.sql(
      'INSERT INTO source (name, stamp) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET stamp = excluded.stamp RETURNING id',
    ).get(name, stamp);
    return Number(row?.id);
  }

  #add(source: number, from: number, pieces: readonly Piece[]): void {
    const addPiece = this.sql(
      'INSERT INTO piece (source, seq, line, at, speaker, section, content, forms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
    const addForms = this.sql('INSERT INTO found (rowid, forms) VALUES (?, ?)');
    for (const [index, { line, at, speaker, section, content }] of pieces.entries()) {
      const forms = [...indexForms(section), ...indexForms(content)];
      const joined = forms.join(' ');
      const { lastInsertRowid } = addPiece.run(
        source,
        from + index,
        line,
        at,
        speaker,
        section,
        this.#keepsText ? content : '',
        joined,
      );
      addForms.run(lastInsertRowid, `${joined} ${marksOf(source, at)}`);
      this.counts.count(forms, 1);
    }
  }

  #forgetFrom(source: number, seq: number): void {
    const going = this.sql('SELECT id, forms FROM piece WHERE source = ? AND seq >= ?').all(source, seq);
    const forget = this.sql('DELETE FROM found WHERE rowid = ?');
    const forgetVector = this.sql('DELETE FROM vector WHERE piece = ?');
    for (const { id, forms } of going) {
      forget.run(Number(id));
      forgetVector.run(Number(id));
      this.#forgotten(Number(id));
      this.counts.count(String(forms).split(' '), -1);
    }
    this.sql('DELETE FROM piece WHERE source = ? AND seq >= ?').run(source, seq);
  }

  /** @param work returns what became of its sources */
  #transaction(work: () => readonly (readonly [name: string, source: Source | null])[]): void {
    this.#database.exec('BEGIN');
    try {
      const changed = work();
      this.counts.write();
      this.#database.exec('COMMIT');
      for (const [name, source] of changed) {
        if (source === null) this.#drop(name);
        else this.#keep(name, source);
      }
    } catch (error) {
      this.counts.undo();
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}

function isSame(piece: Piece, row: Record<string, unknown> | undefined): boolean {
  return (
    row !== undefined &&
    row.line === piece.line &&
    row.content === piece.content &&
    row.section === piece.section &&
    row.at === piece.at &&
    row.speaker === piece.speaker
  );
}
