/**
 * Which model answers: the one that a message names, else the one that was chosen for its conversation, else its agent's own.
 * The choice is the gateway's, so it survives a new agent session. An engine that keeps the model it was told (newer
 * cagents do, over restarts too) is named one each time from then on, also where it is the agent's own again.
 */
import { cutText } from '@mobyclaw/lib/cut-text';
import type { AgentClient, ModelList } from '../agent/agent.ts';
import { AgentError } from '../agent/agent-error.ts';
import type { Store } from '../store/store.ts';
import type { TurnRow } from '../store/turn-store.ts';

const ROOT = 'root';
const CANNOT =
  'The agent that runs cannot be asked for another model in one conversation; the embedded agent and docker-agent from 1.62 on can.';

export class ModelChoice {
  readonly #store: Store;
  readonly #agent: Pick<AgentClient, 'models'>;

  constructor(store: Store, agent: Pick<AgentClient, 'models'>) {
    this.#store = store;
    this.#agent = agent;
  }

  /** @throws AgentError */
  list(): Promise<ModelList> {
    return this.#agent.models(ROOT);
  }

  /**
   * @param model null: the one in soul.yaml again
   * @returns why it cannot be chosen; null where it is from the next answer on
   * @throws AgentError
   */
  async choose(session: string, model: string | null, now: number): Promise<string | null> {
    const refusal = model === null ? null : await this.#refusal(model);
    if (refusal !== null) return refusal;
    this.#store.transaction('durable', () => {
      this.#store.sessions.ensure(session, now);
      this.#store.sessions.setModel(session, model);
    });
    return null;
  }

  async #refusal(model: string): Promise<string | null> {
    const { names, perRun } = await this.list();
    if (!perRun) return CANNOT;
    // Of provider/model the engine alone can say whether there is one.
    if (names.includes(model) || /^[^/\s,]+\/[^\s,]+$/.test(model)) return null;
    const known = names.length > 0 ? `There are: ${names.join(', ')}; or` : 'Under `models` there is none;';
    return `soul.yaml has no model "${cutText(model, 60)}". ${known} write provider/model.`;
  }

  /**
   * @param agentName of soul.yaml; null: root
   * @returns what the run has to name; undefined: nothing
   * @throws AgentError where it cannot be named to this engine
   */
  async forRun(turn: TurnRow, agentName: string | null): Promise<string | undefined> {
    const row = this.#store.sessions.find(turn.session);
    // Other agents, such as that of guests, have models that their owner gave them.
    const wanted = turn.modelWanted ?? (agentName === null ? row?.model : null) ?? null;
    if (wanted === null && !row?.modelNamed) return undefined;
    const { own, perRun } = await this.#agent.models(agentName ?? ROOT);
    if (!perRun) {
      if (wanted === null) return undefined; // it has forgotten what another engine was told
      throw new AgentError('config', `${CANNOT} /model default goes back to the one in soul.yaml.`);
    }
    if (wanted === null) return own === '' ? undefined : own;
    this.#store.transaction('relaxed', () => this.#store.sessions.setModelNamed(turn.session));
    return wanted;
  }
}
