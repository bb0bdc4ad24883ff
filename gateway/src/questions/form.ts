/** A form of an MCP server or of a tool, asked field by field. */
import type { Decision, Wanted } from '../agent/wanted.ts';
import type { Kind } from './kind.ts';

export const formKind: Kind<Extract<Wanted, { kind: 'form' }>, Extract<Decision, { kind: 'form' }>> = {
  async decide() {
    return { kind: 'form', action: 'decline' };
  },

  outcome(option, { fallback }) {
    return option === fallback ? 'Declined' : 'Answered';
  },
};
