/** What more than one view says, and what stands around them. */
export const common = {
  moby: 'Moby',
  copy: 'Copy',
  copied: 'Copied',
  cancel: 'Cancel',
  save: 'Save',
  retry: 'Try again',
  remove: 'Remove',
  close: 'Close',
  menu: 'Menu',
  loading: 'Loading…',
  skip: 'Skip to the conversation',

  viewGone: 'This part of the page has been renewed since it was opened.',
  reload: 'Load it anew',

  views: {
    chat: 'Chat',
    questions: 'Questions',
    schedules: 'Schedules',
    channels: 'Channels',
    memory: 'Memory',
    soul: 'Soul',
    skills: 'Skills',
    usage: 'Usage',
    health: 'Health',
    egress: 'Way out',
    settings: 'Settings',
  },

  login: {
    title: 'Moby is here',
    how: 'This browser is not let in yet. On the machine where Moby runs, type',
    command: './mobyclaw open',
    after: 'and the page opens by itself. It stays open for 30 days after you last used it.',
    elsewhere: 'For a phone or another computer: ./mobyclaw open --qr --at https://…',
  },

  line: {
    connecting: 'Connecting…',
    broken: 'No connection. What you send is kept and goes out when it is back.',
  },

  platforms: {
    web: 'this page',
    cli: 'the terminal',
    api: 'a program',
    telegram: 'Telegram',
    discord: 'Discord',
    slack: 'Slack',
    whatsapp: 'WhatsApp',
    webhook: 'a webhook',
    heartbeat: 'the heartbeat',
    cron: 'a schedule',
  } as Record<string, string>,
};
