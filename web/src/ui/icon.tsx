/** Line icons, drawn on 24 × 24. */
const PATHS = {
  chat: 'M4 5.5h16v10.5H10l-4.5 3.5v-3.5H4z',
  settings:
    'M12 9.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6M12 3v2.6M12 18.4V21M3 12h2.6M18.4 12H21M5.6 5.6l1.9 1.9M16.5 16.5l1.9 1.9M18.4 5.6l-1.9 1.9M7.5 16.5l-1.9 1.9',
  menu: 'M4 7h16M4 12h16M4 17h16',
  plus: 'M12 5v14M5 12h14',
  search: 'M11 4.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M16 16l4.5 4.5',
  send: 'M12 19V5M6 11l6-6 6 6',
  stop: 'M7 7h10v10H7z',
  clip: 'M19.5 11.5l-7.6 7.6a4.6 4.6 0 0 1-6.5-6.5l8-8a3.1 3.1 0 0 1 4.4 4.4l-7.9 7.9a1.6 1.6 0 0 1-2.3-2.3l7.1-7.1',
  camera: 'M4 8h3.5L9 5.5h6L16.5 8H20v11H4zM12 10.3a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 0 0 0-6.4',
  microphone:
    'M12 3.5a2.8 2.8 0 0 0-2.8 2.8v5a2.8 2.8 0 0 0 5.6 0v-5A2.8 2.8 0 0 0 12 3.5M6 11a6 6 0 0 0 12 0M12 17v3.5',
  close: 'M6 6l12 12M18 6L6 18',
  down: 'M12 5v14M6 13l6 6 6-6',
  chevron: 'M9 6l6 6-6 6',
  copy: 'M9 9h10v10H9zM5 15V5h10',
  again: 'M19 12a7 7 0 1 1-2.2-5.1M19 4v4h-4',
  pencil: 'M5 19l1-4L16.5 4.5l3 3L9 18z',
  file: 'M7 3.5h7l4 4v13H7zM14 3.5v4h4',
  question:
    'M9 9.2a3 3 0 1 1 4.2 2.8c-.8.4-1.2 1-1.2 1.9v.4M12 17.6v.1M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  bell: 'M6.5 16.5V11a5.5 5.5 0 0 1 11 0v5.5l1.5 2h-14zM10 20.5h4',
  channels:
    'M4 12a8 8 0 0 1 8-8M4 12a8 8 0 0 0 8 8M12 4a8 8 0 0 1 8 8M12 20a8 8 0 0 0 8-8M4.5 9.5h15M4.5 14.5h15M12 4c-3.5 4.5-3.5 11.5 0 16M12 4c3.5 4.5 3.5 11.5 0 16',
  clock: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16M12 8v4.3l3 1.8',
  memory: 'M5 5.5c3-1.2 5-.9 7 .7 2-1.6 4-1.9 7-.7v13c-3-1.2-5-.9-7 .7-2-1.6-4-1.9-7-.7zM12 6.2v13',
  soul: 'M12 3.5l2.3 5.6 6 .5-4.6 3.9 1.4 5.9L12 16.2l-5.1 3.2 1.4-5.9-4.6-3.9 6-.5z',
  skills: 'M12 6.5l8-3v14l-8 3-8-3v-14zM12 6.5v14M7 9.5l2.5.9M7 13l2.5.9',
  usage: 'M4 20h16M7 20v-7M12 20V5M17 20v-10',
  egress: 'M10 4.5H5v15h5M9.5 12H20M16 8l4 4-4 4',
  health: 'M3.5 12h4l2.5-6 4 12 2.5-6h4',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
