/** How much schedules of guests have asked, by the day. */
export const GUEST_TURNS_SCHEMA = `
  CREATE TABLE guest_turns (
    channel TEXT NOT NULL,               -- the conversation that they were asked in
    day     TEXT NOT NULL,               -- of the owner
    turns   INTEGER NOT NULL,
    PRIMARY KEY (channel, day)
  ) STRICT, WITHOUT ROWID;
`;
