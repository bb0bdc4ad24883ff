/** A skill out of an archive of this device; how to take one from elsewhere is said. */
import type { SkillDetail } from '@mobyclaw/protocol/skill';
import { MOST_ARCHIVE_CHARS } from '@mobyclaw/protocol/skill-limits';
import { useState } from 'preact/hooks';
import { go } from '../../data/route.ts';
import { t } from '../../texts.ts';
import { act, LIST, problem } from './actions.ts';

const MOST_BYTES = Math.floor(MOST_ARCHIVE_CHARS / 1.4);

export function AddSkill() {
  const [file, setFile] = useState<File | null>(null);
  const [only, setOnly] = useState('');
  const [isBusy, setBusy] = useState(false);
  const upload = async (): Promise<void> => {
    if (!file) {
      problem.value = t.skills.noFile;
      return;
    }
    if (file.size > MOST_BYTES) {
      problem.value = t.skills.tooLarge;
      return;
    }
    setBusy(true);
    const archive = base64(new Uint8Array(await file.arrayBuffer()));
    const body = { archive, ...(only.trim() !== '' && { only: only.trim() }) };
    const added = await act<SkillDetail>(LIST, { method: 'POST', body });
    setBusy(false);
    if (added) go('skills', added.name);
  };
  return (
    <section aria-labelledby="skill-add">
      <h2 id="skill-add">{t.skills.add}</h2>
      <form
        class="skill-add"
        onSubmit={(event) => {
          event.preventDefault();
          void upload();
        }}
      >
        <label for="skill-archive">{t.skills.archive}</label>
        <input
          id="skill-archive"
          type="file"
          accept=".zip,.tar,.gz,.tgz"
          aria-describedby="skill-upload-about"
          onChange={({ currentTarget }) => setFile(currentTarget.files?.[0] ?? null)}
        />
        <label for="skill-only">{t.skills.only}</label>
        <input
          id="skill-only"
          type="text"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          value={only}
          onInput={({ currentTarget }) => setOnly(currentTarget.value)}
        />
        <p class="quiet" id="skill-upload-about">
          {t.skills.uploadAbout}
        </p>
        <button type="submit" class="button primary" disabled={isBusy}>
          {t.skills.upload}
        </button>
      </form>
      <p class="quiet">{t.skills.elsewhere}</p>
      <p class="commands">
        {t.skills.commands.map((command) => (
          <code key={command}>{command}</code>
        ))}
      </p>
    </section>
  );
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000)
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
