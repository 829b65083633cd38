/** How personas look. Class and icon names stand in full, so that the build finds them. */

export const personaColors: Record<string, string> = {
  teal: 'bg-teal-100 text-teal-800 dark:bg-teal-900/60 dark:text-teal-200',
  sky: 'bg-sky-100 text-sky-800 dark:bg-sky-900/60 dark:text-sky-200',
  indigo: 'bg-indigo-100 text-indigo-800 dark:bg-indigo-900/60 dark:text-indigo-200',
  violet: 'bg-violet-100 text-violet-800 dark:bg-violet-900/60 dark:text-violet-200',
  rose: 'bg-rose-100 text-rose-800 dark:bg-rose-900/60 dark:text-rose-200',
  amber: 'bg-amber-100 text-amber-900 dark:bg-amber-900/60 dark:text-amber-200',
  emerald: 'bg-emerald-100 text-emerald-800 dark:bg-emerald-900/60 dark:text-emerald-200',
  slate: 'bg-slate-200 text-slate-800 dark:bg-slate-700 dark:text-slate-200',
}

export const personaIcons: Record<string, string> = {
  'user-round': 'i-lucide-user-round',
  presentation: 'i-lucide-presentation',
  'chart-line': 'i-lucide-chart-line',
  'file-text': 'i-lucide-file-text',
  table: 'i-lucide-table',
  mail: 'i-lucide-mail',
  globe: 'i-lucide-globe',
  search: 'i-lucide-search',
  calculator: 'i-lucide-calculator',
  'pen-line': 'i-lucide-pen-line',
  megaphone: 'i-lucide-megaphone',
  scale: 'i-lucide-scale',
  headset: 'i-lucide-headset',
  code: 'i-lucide-code',
  bot: 'i-lucide-bot',
  sparkles: 'i-lucide-sparkles',
}

export const colorClass = (color: string) => personaColors[color] ?? personaColors.teal!
export const iconName = (icon: string) => personaIcons[icon] ?? personaIcons['user-round']!
