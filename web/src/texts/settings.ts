/** The settings. */
export const settings = {
  title: 'Settings',
  browsers: 'Browsers that are let in',
  browsersAbout: 'Each was let in by a code of ./mobyclaw open, and ends 30 days after it was last used.',
  thisBrowser: 'this one',
  lastUsed: 'last used',
  let: 'let in',
  made: 'made',
  never: 'not used yet',
  logOut: 'Log out',
  tokens: 'Tokens of programs',
  tokensAbout: 'Made by ./mobyclaw token create.',
  noTokens: 'None.',
  revoke: 'Revoke',
  about: 'About',
  version: 'Version',
  api: 'What programs can ask: /openapi.json',
};

export const push = {
  title: 'Notifications',
  about:
    'Questions, reminders and what Moby found by himself, while you do not look at the page. They go through the push service of the browser, encrypted.',
  here: 'In this browser',
  content: 'With the words of it',
  cannot:
    'This browser offers none here. They need https or localhost, and on an iPhone the page on the home screen.',
  denied:
    'The browser does not allow notifications for this page. Allow them in its settings, then switch them on again.',
  since: 'since',
  off: 'Switch off',
};
