/** The soul. */
export const soul = {
  title: 'Soul',
  about: 'soul.yaml: his character, his model, his tools, and what he may do.',
  textOf: 'Text of soul.yaml',
  mine: 'What is yours',
  mineAbout: 'What differs from the soul.yaml that this version of Moby brings.',
  counts: 'Not saved yet. Saved, it counts from the next message on.',
  checking: 'Being checked…',
  fine: 'Nothing is wrong with it.',
  syntaxFine: 'Its syntax is right. What stands in it is judged when Moby starts with it.',
  line: (n: number) => `Line ${n}`,
  states: {
    'in-force': 'in force',
    reloading: 'being put in force',
    rejected: 'not in force',
    differs: 'another one is in force',
    unknown: 'not known',
  },
};
