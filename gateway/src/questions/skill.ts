/** Whether a skill that Moby has written becomes one of his. No run waits for it. If nobody answers, it does not. */
import type { SkillMark, SkillOrigin } from '@mobyclaw/protocol/skill';
import type { Draft, KindRules } from './kind.ts';
import { fenced, plain } from './quote.ts';
import { subjectOf } from './subject.ts';

export const TAKE = 'take';
const LEAVE = 'leave';

export interface ProposedSkill {
  name: string;
  /** The whole SKILL.md. */
  text: string;
  /** Where it came out of. */
  origin: SkillOrigin;
  /** It is to stand in the place of one that Moby wrote before. */
  isChange?: boolean;
}

export const skillRules: KindRules = {
  outcome: (option) => (option === TAKE ? 'It is one of my skills now' : 'It is not taken'),
};

export function skillSubject({ name, text }: ProposedSkill): string {
  return subjectOf('skill', name, text);
}

const MARKS: Record<SkillMark, string> = {
  guest: 'a guest wrote',
  webhook: 'a webhook sent',
  page: 'stood in pages, files or mails, or came from a tool',
};

export function skillDraft(proposed: ProposedSkill): Draft {
  const { name, text, origin, isChange = false } = proposed;
  const { marks = [] } = origin;
  const held =
    marks.length === 0
      ? 'I would follow it in later conversations, so read it.'
      : `⚠️ I had things in sight there that are not your words: what ${marks.map((mark) => MARKS[mark]).join(', and what ')}. They may have found their way into it, and I would follow it in later conversations: read it with care.`;
  return {
    subject: skillSubject(proposed),
    title: isChange ? `May I change my skill "${plain(name)}"?` : `May I keep "${plain(name)}" as a skill?`,
    text: (id) =>
      [
        `I wrote it in \`${plain(origin.session)}\`. ${held}`,
        fenced(text, `./mobyclaw questions show ${id}`),
        isChange
          ? `What it is now is kept: \`./mobyclaw skills undo ${plain(name)}\` goes back to it.`
          : `It can be taken away again: \`./mobyclaw skills remove ${plain(name)}\`.`,
      ].join('\n\n'),
    details: { name, text, origin },
    options: [
      { id: LEAVE, label: 'Leave it' },
      { id: TAKE, label: 'Keep it', style: 'primary' },
    ],
    input: null,
    fallback: LEAVE,
  };
}
