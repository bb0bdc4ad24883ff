/**
 * The memory server, put together: one process per data folder, which it owns from the lock to the last write.
 * Start order: lock, folders and defaults, publish, watch, listen, so whoever connects finds everything in place; only the index may
 * still be made, beside the searches.
 */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, every } from '@mobyclaw/lib/clock';
import { localTime } from '@mobyclaw/lib/local-time';
import type { Logger } from '@mobyclaw/lib/logger';
import type { PartService } from '@mobyclaw/lib/part-process';
import { acquireProcessLock } from '@mobyclaw/lib/process-lock';
import { requireCapability } from '@mobyclaw/mcp/capability';
import { serveMcpHttp } from '@mobyclaw/mcp/http';
import type { MemoryConfig } from './config.ts';
import { bundledDefaults, prepareDataFolder } from './data-folder.ts';
import { EgressPublication } from './egress/egress-publication.ts';
import { egressRoutes } from './egress/egress-routes.ts';
import { embedderRoutes } from './embedder/embedder-routes.ts';
import { LocalEmbedder } from './embedder/local-embedder.ts';
import { Meaning } from './embedder/meaning.ts';
import { doubtRoutes } from './facts/doubt-routes.ts';
import { Doubts } from './facts/doubts.ts';
import { LineMarks } from './facts/line-marks.ts';
import { forgetRoutes } from './forget/forget-routes.ts';
import { HeartbeatChanges } from './heartbeat-changes.ts';
import { heartbeatRoute } from './heartbeat-route.ts';
import { MEMORY, type MemoryFileName } from './memory-file.ts';
import { MemoryPublisher } from './memory-publisher.ts';
import { MemoryStore } from './memory-store.ts';
import { ownerRoutes } from './owner/owner-routes.ts';
import { OwnerFiles } from './owner-files.ts';
import { reviewRoutes } from './review/review-routes.ts';
import { Reviews } from './review/reviews.ts';
import { QuestionDesk } from './search/question-desk.ts';
import { recallRoute } from './search/recall-route.ts';
import { SearchIndex } from './search/search-index.ts';
import { vectorRoutes } from './search/vector-routes.ts';
import { SkillsPublication } from './skills/skills-publication.ts';
import { skillsRoutes } from './skills/skills-routes.ts';
import { SoulPublication } from './soul/soul-publication.ts';
import { soulRoutes } from './soul/soul-routes.ts';
import { Journal } from './sources/journal.ts';
import { factLines } from './sources/line-changes.ts';
import { fingerprint } from './sources/line-key.ts';
import { whyRoute } from './sources/why-route.ts';
import { MEMORY_INSTRUCTIONS, memoryTools } from './tools.ts';
import { EndedTurns, turnRoutes } from './turn-routes.ts';

const PUBLISH_MS = 600_000;

/**
 * @throws AlreadyLockedError where another memory server has this data folder; the file system's or listening error
 */
export async function startMemoryService(
  config: MemoryConfig,
  version: string,
  clock: Clock,
  logger: Logger,
): Promise<PartService> {
  const { home } = config;
  await mkdir(join(home, 'memory'), { recursive: true, mode: 0o700 });
  const lock = acquireProcessLock(join(home, 'memory', '.lock'));
  const closing: (() => void | Promise<void>)[] = [() => lock.release()];
  const close = async (): Promise<void> => {
    for (const step of closing.splice(0).reverse()) await step();
  };
  try {
    const copied = await prepareDataFolder(home, config.defaults ?? bundledDefaults());
    if (copied.length > 0) logger.info({ copied }, 'default files copied');
    const journal = new Journal(home);
    const doubts = new Doubts(home, () => publisher.publish());
    const { timeZone } = config;
    const marks = new LineMarks({
      journal,
      doubts,
      timeZone,
      today: () => localTime(clock.now(), timeZone).date,
    });
    const publisher = new MemoryPublisher(
      home,
      config.budgetBytes,
      (name, text) => marks.marked(name, text),
      logger,
    );
    const soul = new SoulPublication(home, clock, logger);
    const egress = new EgressPublication(home, clock, logger);
    const skills = new SkillsPublication(home, logger);
    closing.push(() => skills.close());
    const index = new SearchIndex(home);
    const desk = new QuestionDesk(clock);
    const embedder = new LocalEmbedder(home, clock, logger);
    const meaning = new Meaning(desk, embedder);
    closing.push(() => embedder.close());
    closing.push(() => index.close());
    const changes = new HeartbeatChanges(home);
    const ended = new EndedTurns();
    const store = new MemoryStore({
      home,
      clock,
      journal,
      timeZone,
      onChanged: async (name) => {
        index.touched(name);
        if (name === MEMORY) await publisher.publish();
      },
    });
    closing.push(async () => {
      await store.idle();
      await publisher.idle();
    });
    const failed = (what: string) => (error: unknown) => logger.error({ err: error }, what);
    await journal.begin(clock.now(), async () =>
      factLines((await store.readable(MEMORY as MemoryFileName)) ?? '').map(fingerprint),
    );
    index.start(clock, failed('indexing failed'));
    await Promise.all([
      publisher.publish(),
      soul.start(),
      egress.start(),
      skills.start(clock, failed('publishing skills failed')),
    ]);
    // What holds until a day is past the next one, without anybody having changed the file.
    const daily = every(
      clock,
      PUBLISH_MS,
      () => void publisher.publish().catch(failed('publishing MEMORY.md failed')),
    );
    closing.push(() => daily.cancel());
    const files = new OwnerFiles(home, clock, {
      onSoul: () => void soul.refresh().catch(failed('reading soul.yaml failed')),
      onEgress: () => void egress.refresh().catch(failed('reading egress.yaml failed')),
      onMemory: () => void publisher.publish().catch(failed('publishing MEMORY.md failed')),
      onNote: (name) => index.touched(name),
      onNotes: () => void index.catchUp().catch(failed('indexing failed')),
      onError: failed('watching the data folder failed; files are still compared twice a second'),
    });
    closing.push(() => files.close());
    const reviews = new Reviews(home, { store, journal, doubts });
    const http = await serveMcpHttp(
      {
        name: 'mobyclaw-memory',
        version,
        instructions: MEMORY_INSTRUCTIONS,
        tools: memoryTools({ home, store, index, meaning, journal, doubts, marks, changes }),
        token: config.token,
        identify: (headers) => ended.check(requireCapability(headers, config.capabilityKey, clock.now())),
        allowedHosts: config.allowedHosts,
        logger,
        gateway: {
          token: config.gatewayToken,
          routes: [
            ...soulRoutes(soul, config.defaults ?? bundledDefaults()),
            ...egressRoutes(egress),
            ...skillsRoutes(home, skills, clock),
            heartbeatRoute(home, store),
            ...turnRoutes(ended, changes),
            whyRoute({ store, index, journal }),
            ...forgetRoutes({ home, store, journal, index, changes, doubts, reviews }),
            recallRoute({ home, store, index, warm: () => meaning.warm() }),
            ...doubtRoutes(store, doubts),
            ...ownerRoutes({ home, store, index, journal, meaningOf: (phrasings) => meaning.of(phrasings) }),
            ...reviewRoutes(reviews),
            ...vectorRoutes(index, desk),
            ...embedderRoutes(embedder),
          ],
        },
      },
      config.listen,
      config.agentDoor,
    );
    closing.push(() => {
      soul.release();
      egress.release();
      return http.close();
    });
    return { url: http.url, close };
  } catch (error) {
    await close();
    throw error;
  }
}
