const LABELS: Record<string, string> = {
  memory_search: 'Searching memory',
  memory_read: 'Reading memory',
  memory_list: 'Looking through memory',
  memory_append: 'Writing to memory',
  memory_edit: 'Editing memory',
  memory_log: 'Writing the daily log',
  shell: 'Running a command',
  run_background_job: 'Starting a background job',
  fetch: 'Reading a web page',
  think: 'Thinking',
  read_file: 'Reading a file',
  read_multiple_files: 'Reading files',
  write_file: 'Writing a file',
  edit_file: 'Editing a file',
  list_directory: 'Looking through a folder',
  directory_tree: 'Looking through a folder',
  search_files_content: 'Searching files',
};

/** What a tool does, for people: `memory_append` is "Writing to memory", `github_create_issue` "Github create issue". */
export function toolLabel(name: string): string {
  const known = LABELS[name];
  if (known) return known;
  const words = name.replace(/[_-]+/g, ' ').trim();
  return words === '' ? 'Using a tool' : words[0]?.toUpperCase() + words.slice(1);
}
