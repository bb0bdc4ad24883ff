/** Text as a voice note: by the owner's server, else by this machine's `espeak-ng`. */
import { readOggOpus, VOICE_NOTE } from '../channels/ogg-opus.ts';
import type { SpeechSettings } from '../config/channels-config.ts';
import { encoded, hasProgram, speakByProgram } from './programs.ts';
import { speakByServer } from './speech-server.ts';

export interface Speech {
  data: Uint8Array;
  /** {@link VOICE_NOTE}, or that of a file of sound where it could not be made one. */
  mime: string;
  name: string;
  /** What spoke, as `prices.yaml` names it. */
  model: string;
}

export const ESPEAK = 'espeak-ng';

export class Synthesizer {
  readonly #settings: SpeechSettings;

  constructor(settings: SpeechSettings) {
    this.#settings = settings;
  }

  /** Why nothing can be spoken, with what to do; null where something can. */
  get missing(): string | null {
    if (this.#settings.url !== undefined || hasProgram(ESPEAK)) return null;
    return 'There is nothing that could speak: set MOBYCLAW_SPEECH_URL, or install espeak-ng on the machine that runs me.';
  }

  /** What speaks. */
  get model(): string {
    return this.#settings.url === undefined ? ESPEAK : this.#settings.model;
  }

  /** @throws SpeechError; the reason of the signal */
  async speak(text: string, signal: AbortSignal): Promise<Speech> {
    const { url, voice } = this.#settings;
    const sound =
      url === undefined
        ? await speakByProgram(text, voice, signal)
        : await speakByServer({ ...this.#settings, url }, text, signal);
    const note = readOggOpus(sound) ? sound : await encoded(sound, signal);
    const { model } = this;
    if (note) return { data: note, mime: VOICE_NOTE, name: 'answer.ogg', model };
    const [mime, ending] = typeOf(sound);
    return { data: sound, mime, name: `answer.${ending}`, model };
  }
}

function typeOf(sound: Uint8Array): readonly [mime: string, ending: string] {
  const head = Buffer.from(sound.subarray(0, 4)).toString('latin1');
  if (head === 'RIFF') return ['audio/wav', 'wav'];
  if (head === 'fLaC') return ['audio/flac', 'flac'];
  if (head === 'OggS') return ['audio/ogg', 'ogg'];
  return ['audio/mpeg', 'mp3'];
}
