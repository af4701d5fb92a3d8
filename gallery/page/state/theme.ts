import { effect, signal } from '@preact/signals';

const isDarkByDefault = matchMedia('(prefers-color-scheme: dark)');
const stored = localStorage.getItem('theme');

/** The user's choice, or else the system's preference. */
export const theme = signal<'light' | 'dark'>(
  stored === 'light' || stored === 'dark' ? stored : isDarkByDefault.matches ? 'dark' : 'light',
);

export function startTheme(): void {
  isDarkByDefault.addEventListener('change', ({ matches }) => {
    if (localStorage.getItem('theme') === null) theme.value = matches ? 'dark' : 'light';
  });
  effect(() => {
    document.documentElement.dataset['theme'] = theme.value;
  });
}

export function switchTheme(): void {
  theme.value = theme.value === 'dark' ? 'light' : 'dark';
  localStorage.setItem('theme', theme.value);
}
