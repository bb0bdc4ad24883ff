/**
 * Which names lead into a repository's own folder. Nothing is written there: a hook or a setting in `.git` would be run
 * by the owner's git, on the host and with the owner's rights. The list of disguises is git's own
 * (`verify_dotfile`, `is_hfs_dotgit`, `is_ntfs_dotgit`): file systems that ignore case, ignorable characters, or
 * trailing dots and spaces, and the short name of NTFS.
 */

const IGNORED_BY_HFS = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/gu;

/** @param name one component of a path */
export function isGitName(name: string): boolean {
  const [plain = ''] = name.replace(IGNORED_BY_HFS, '').toLowerCase().split(':'); // NTFS: `.git::$INDEX_ALLOCATION`
  return /^(\.git|git~1)[. ]*$/.test(plain);
}
