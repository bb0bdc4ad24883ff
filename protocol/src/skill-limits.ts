/** For the page, which loads no schema. */

/** Of an archive with a skill, in base64, which is a third longer than its bytes. */
export const MOST_ARCHIVE_CHARS = 6_000_000;
