const browsers: [RegExp, string][] = [
  [/Edg\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\//, 'Firefox'],
  [/Chrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
]
const systems: [RegExp, string][] = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
]

/** A browser's name for itself in short: "Firefox on Linux". Of a program, the first word. */
export function deviceOf(userAgent: string | null): string {
  if (!userAgent) return 'Unknown device'
  const find = (names: [RegExp, string][]) => names.find(([pattern]) => pattern.test(userAgent))?.[1]
  const browser = find(browsers)
  if (!browser) return userAgent.split(/[\s/]/)[0] || 'Unknown device'
  return [browser, find(systems)].filter(Boolean).join(' on ')
}
