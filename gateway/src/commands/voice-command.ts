/** `/voice`: whether answers are spoken too. */
import { cutText } from '@mobyclaw/lib/cut-text';
import { voiceModeSchema } from '@mobyclaw/protocol/voice';
import type { Command } from './command.ts';

const MODES: Record<string, string> = {
  on: 'every answer is spoken too',
  off: 'nothing is spoken',
  auto: 'a voice message is answered by one, with its text',
};

export const voiceCommand: Command = {
  name: 'voice',
  usage: '[on | off | auto]',
  description: 'Whether I speak my answers',
  ownerInGroups: true,
  menu: true,
  run({ channel, text, sign }, { store, voice, now }) {
    const wanted = text.trim().toLowerCase();
    const mode = voiceModeSchema.safeParse(wanted);
    if (wanted !== '' && !mode.success)
      return `There is no voice mode "${cutText(wanted, 40)}".\n\n${list(sign)}`;
    if (voice === null) return 'Answers are spoken in messengers alone.';
    const { missing, problem } = voice;
    if (mode.success) {
      store.transaction('durable', () => {
        store.sessions.touch(channel, now());
        store.sessions.setVoice(channel, mode.data);
      });
      const lacks = missing !== null && mode.data !== 'off' ? `\n\n⚠️ ${missing}` : '';
      return `From now on, ${MODES[mode.data]}.${lacks}`;
    }
    const current = store.sessions.find(channel)?.voice ?? voice.usual;
    const trouble = missing ?? (problem && `The last answer could not be spoken: ${problem}`);
    return `Voice is **${current}**: ${MODES[current]}.${trouble ? `\n\n⚠️ ${trouble}` : ''}\n\n${list(sign)}`;
  },
};

function list(sign: string): string {
  return Object.entries(MODES)
    .map(([name, help]) => `- \`${sign}voice ${name}\`: ${help}`)
    .join('\n');
}
