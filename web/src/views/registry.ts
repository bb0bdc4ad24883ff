/** The views of the page, in the order of the menu. All but the first are loaded when they are first shown. */
import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { ComponentType } from 'preact';
import { openCount } from '../data/questions.ts';
import { t } from '../texts.ts';
import type { IconName } from '../ui/icon.tsx';
import { ChatView } from './chat/chat-view.tsx';

export interface ViewProps {
  /** What of the view, from its address. */
  rest: string;
}

export interface View {
  /** In its address: `#/<name>`. */
  name: string;
  title: string;
  icon: IconName;
  /** Not in the menu. */
  isHidden?: true;
  load: () => Promise<ComponentType<ViewProps>>;
  /** How much in it waits for the owner. */
  badge?: { count: ReadonlySignal<number>; label: (count: number) => string };
}

export const VIEWS: readonly View[] = [
  { name: 'chat', title: t.views.chat, icon: 'chat', load: async () => ChatView },
  {
    name: 'questions',
    title: t.views.questions,
    icon: 'question',
    load: async () => (await import('./questions/questions-view.tsx')).QuestionsView,
    badge: { count: openCount, label: t.questions.badge },
  },
  {
    name: 'schedules',
    title: t.views.schedules,
    icon: 'clock',
    load: async () => (await import('./schedules/schedules-view.tsx')).SchedulesView,
  },
  {
    name: 'channels',
    title: t.views.channels,
    icon: 'channels',
    load: async () => (await import('./channels/channels-view.tsx')).ChannelsView,
  },
  {
    name: 'memory',
    title: t.views.memory,
    icon: 'memory',
    load: async () => (await import('./memory/memory-view.tsx')).MemoryView,
  },
  {
    name: 'soul',
    title: t.views.soul,
    icon: 'soul',
    load: async () => (await import('./soul/soul-view.tsx')).SoulView,
  },
  {
    name: 'skills',
    title: t.views.skills,
    icon: 'skills',
    load: async () => (await import('./skills/skills-view.tsx')).SkillsView,
  },
  {
    name: 'egress',
    title: t.views.egress,
    icon: 'egress',
    load: async () => (await import('./egress/egress-view.tsx')).EgressView,
  },
  {
    name: 'usage',
    title: t.views.usage,
    icon: 'usage',
    load: async () => (await import('./usage/usage-view.tsx')).UsageView,
  },
  {
    name: 'health',
    title: t.views.health,
    icon: 'health',
    load: async () => (await import('./health/health-view.tsx')).HealthView,
  },
  {
    name: 'start',
    title: t.start.title,
    icon: 'chat',
    isHidden: true,
    load: async () => (await import('./start/start-view.tsx')).StartView,
  },
  {
    name: 'settings',
    title: t.views.settings,
    icon: 'settings',
    load: async () => (await import('./settings/settings-view.tsx')).SettingsView,
  },
];

const loaded = new Map<string, Signal<ComponentType<ViewProps> | 'gone' | null>>([
  ['chat', signal(ChatView)],
]);

/** @returns the view's component; null while it is loaded, `gone` where a newer build has replaced it */
export function viewComponent(view: View): ComponentType<ViewProps> | 'gone' | null {
  let component = loaded.get(view.name);
  if (!component) {
    const fresh: Signal<ComponentType<ViewProps> | 'gone' | null> = signal(null);
    component = fresh;
    loaded.set(view.name, fresh);
    view.load().then(
      (made) => {
        fresh.value = made;
      },
      () => {
        fresh.value = 'gone';
      },
    );
  }
  return component.value;
}
