/** Whether a skill that Moby has written becomes one of his. No run waits for it. If nobody answers, it does not. */
import type { Draft, KindRules } from './kind.ts';
import { fenced, plain } from './quote.ts';
import { subjectOf } from './subject.ts';

export const TAKE = 'take';
const LEAVE = 'leave';

export interface ProposedSkill {
  name: string;
  /** The whole SKILL.md. */
  text: string;
  /** Conversation that it came out of. */
  session: string;
}

export const skillRules: KindRules = {
  outcome: (option) => (option === TAKE ? 'It is one of my skills now' : 'It is not taken'),
};

export function skillSubject({ name, text }: ProposedSkill): string {
  return subjectOf('skill', name, text);
}

export function skillDraft(proposed: ProposedSkill): Draft {
  const { name, text, session } = proposed;
  return {
    subject: skillSubject(proposed),
    title: `May I keep "${plain(name)}" as a skill?`,
    text: (id) =>
      [
        `I wrote it in \`${plain(session)}\`. I would follow it in later conversations, so read it: what I was shown there, such as web pages, files and mails of others, may have found its way into it.`,
        fenced(text, `./mobyclaw questions show ${id}`),
        `It can be taken away again: \`./mobyclaw skills remove ${plain(name)}\`.`,
      ].join('\n\n'),
    details: { name, text, session },
    options: [
      { id: LEAVE, label: 'Leave it' },
      { id: TAKE, label: 'Keep it', style: 'primary' },
    ],
    input: null,
    fallback: LEAVE,
  };
}
