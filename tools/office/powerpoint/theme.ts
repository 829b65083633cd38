/** Colours (hex without #), fonts and measures (inches, points) of a deck. */
import { ownValue } from '../../../contracts/own-value.ts'
export interface Theme {
  background: string
  text: string
  muted: string
  panel: string
  line: string
  primary: string
  onPrimary: string
  accent: string
  series: string[]
}

const light = {
  background: 'FFFFFF',
  text: '1F2937',
  muted: '6B7280',
  panel: 'F3F5F9',
  line: 'D9DEE7',
  onPrimary: 'FFFFFF',
}

const themes: Record<string, Theme> = {
  blue: {
    ...light,
    primary: '17375E',
    accent: '2F7DE1',
    series: ['2F7DE1', 'F2994A', '27AE8F', '8E6BD9', 'E2557B', '7A8CA3'],
  },
  green: {
    ...light,
    primary: '14432F',
    accent: '2E9E6B',
    series: ['2E9E6B', 'E9A23B', '3B82C4', 'A66BBE', 'D9604C', '7D8F86'],
  },
  slate: {
    ...light,
    primary: '2B3440',
    accent: 'E07A3F',
    series: ['E07A3F', '46637F', '8AA4B8', 'C9A227', '6E8B5B', '9B6A6C'],
  },
  plum: {
    ...light,
    primary: '3F1D4E',
    accent: '9B51C4',
    series: ['9B51C4', 'EB8A5E', '4C8FD6', '45B39C', 'D4577F', '8C849A'],
  },
  dark: {
    background: '14181F',
    text: 'EEF2F7',
    muted: '9AA6B5',
    panel: '1F2630',
    line: '384352',
    primary: '0B0E13',
    onPrimary: 'FFFFFF',
    accent: '4EA8FF',
    series: ['4EA8FF', 'FFB454', '4FD6AE', 'B894FF', 'FF7E9D', '93A4B8'],
  },
}

export const FONT = 'Calibri'
/** The slide, and its area for content. */
export const PAGE = { width: 13.33, height: 7.5 }
export const BODY = { x: 0.6, y: 1.55, w: 12.13, h: 5.15 }

export function themeOf(name: string, accent: string | undefined): Theme {
  const theme = ownValue(themes, name) ?? themes.blue!
  if (!accent) return theme
  const color = accent.replace('#', '').toUpperCase()
  return { ...theme, accent: color, series: [color, ...theme.series.slice(1)] }
}
