/** Files that are edited. */
export const edit = {
  text: 'Text',
  read: 'Read',
  versions: 'Versions',
  notSaved: 'Not saved yet. It is kept in this browser.',
  saved: 'Saved.',
  discard: 'Discard',
  added: 'added: ',
  removed: 'removed: ',
  noDifference: 'There is no difference.',
  sameLines: (n: number) => (n === 1 ? '1 line is the same' : `${n} lines are the same`),
  changedMeanwhile: 'This was changed while you edited it',
  fitTogether: 'Both changes are in different places, so they go together.',
  decide: (n: number) =>
    n === 1
      ? 'In one place both of you changed the same lines. Say what is to stand there; nothing is saved yet.'
      : `In ${n} places both of you changed the same lines. Say what is to stand there; nothing is saved yet.`,
  place: (n: number, of: number) => `Place ${n} of ${of}`,
  before: 'Before',
  mine: 'Yours',
  theirs: 'In the file now',
  take: { mine: 'Yours', theirs: 'What is in the file now', both: 'Both' },
  result: 'What your version then changes in the file',
  together: 'Put both together',
  takeTheirs: 'Drop mine',
  nothingThere: '(nothing)',
  versionsAbout:
    'A version is kept whenever Moby or this page changes the file, as it was before. An editor of your own keeps none.',
  noVersions: 'None is kept yet.',
  until: (at: string) => `Until ${at}`,
  sinceThen: 'What has changed since then',
  putBack: 'Put this version back',
  saveFirst: 'Save or discard your edit first.',
};
