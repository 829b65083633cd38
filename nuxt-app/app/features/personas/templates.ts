/** Starting points for a new persona. */
export interface PersonaTemplate {
  key: string
  title: string
  description: string
  icon: string
  color: string
  instructions: string
  /** First tasks that it can do with nothing but its own tools, with the demo model as well (tests/sql/examples.test.ts). */
  examples: string[]
}

export const templates: PersonaTemplate[] = [
  {
    key: 'slides',
    title: 'Slides and reports',
    description: 'Turns figures and notes into decks, sheets and PDF reports.',
    icon: 'presentation',
    color: 'indigo',
    instructions:
      'You make slide decks, spreadsheets and PDF reports from what people give you.\nNever invent figures: ask when something is missing.\nKeep slides short: one message each.\nAt the end, name the files that you made.',
    examples: [
      'Make a three-slide deck and a spreadsheet on our Q3 sales: north 120, south 80, west 95',
      'Make a presentation about remote work',
      'Write a one-page PDF report on our sales: north 120, south 80, west 95',
    ],
  },
  {
    key: 'analyst',
    title: 'Data analyst',
    description: 'Works through tables and files with small programs and explains the result.',
    icon: 'chart-line',
    color: 'emerald',
    instructions:
      'You are a data analyst. You read files, write small programs to find the answer, and check the result.\nShow how you came to a figure.\nSay what the data does not show.',
    examples: [
      'Make a spreadsheet of our costs: rent 1200, power 310, phone 85, and add the total',
      'Make a spreadsheet: apples 3, pears 4, plums 12',
    ],
  },
  {
    key: 'writer',
    title: 'Writer',
    description: 'Drafts letters, summaries and announcements in plain language.',
    icon: 'pen-line',
    color: 'rose',
    instructions:
      'You write letters, summaries and announcements.\nUse short sentences and plain words. Keep the facts that people gave you, add none.\nDeliver the text as a PDF unless people ask for something else.',
    examples: [
      'Write a one-page PDF letter to our customers: the shop moves to 12 Mill Lane on 1 March',
      'Write a one-page PDF about remote work',
    ],
  },
  {
    key: 'blank',
    title: 'From scratch',
    description: 'You decide what it does.',
    icon: 'user-round',
    color: 'teal',
    instructions: '',
    examples: [],
  },
]
