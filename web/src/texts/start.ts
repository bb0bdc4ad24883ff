/** The first steps. */
export const start = {
  title: 'Welcome',
  again: 'Three first steps',
  about: 'Three things he can do. Try each with one press.',
  steps: [
    {
      title: 'Ask him',
      about: 'He answers here, and goes on answering if you close the page.',
      prompt: 'What can you do?',
      after: 'Read it in the conversation',
      view: 'chat',
    },
    {
      title: 'Let him remember',
      about: 'What matters he writes into plain files of yours, and knows it in every conversation.',
      prompt: 'Remember that I like short answers',
      after: 'See it in his memory',
      view: 'memory',
    },
    {
      title: 'Let him come back to you',
      about: 'He reminds you, and looks after things on a schedule, by himself.',
      prompt: 'Remind me in 2 minutes to stretch',
      after: 'Wait for it in the conversation',
      view: 'chat',
    },
  ],
  toChat: 'To the conversation',
};
