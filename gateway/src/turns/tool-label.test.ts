import { expect, test } from 'vitest';
import { toolLabel } from './tool-label.ts';

test.each([
  ['memory_search', 'Searching memory'],
  ['memory_read', 'Reading memory'],
  ['memory_list', 'Looking through memory'],
  ['memory_append', 'Writing to memory'],
  ['memory_edit', 'Editing memory'],
  ['memory_log', 'Writing the daily log'],
  ['shell', 'Running a command'],
  ['run_background_job', 'Starting a background job'],
  ['fetch', 'Reading a web page'],
  ['think', 'Thinking'],
  ['read_file', 'Reading a file'],
  ['read_multiple_files', 'Reading files'],
  ['write_file', 'Writing a file'],
  ['edit_file', 'Editing a file'],
  ['list_directory', 'Looking through a folder'],
  ['directory_tree', 'Looking through a folder'],
  ['search_files_content', 'Searching files'],
  // Of others: their name in words.
  ['github_create_issue', 'Github create issue'],
  ['__list--all__', 'List all'],
  ['élan', 'Élan'],
  ['_-', 'Using a tool'],
  ['', 'Using a tool'],
])('%s is shown as “%s”', (name, label) => {
  expect(toolLabel(name)).toBe(label);
});
