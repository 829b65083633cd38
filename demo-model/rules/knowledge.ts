/**
 * What the demo model knows: a few general points on everyday office subjects, without figures.
 * For any other subject it lists questions instead of making things up.
 */
import type { Language } from './language.ts'

export interface Section {
  heading: string
  bullets: string[]
}

type Entry = [subject: RegExp, sections: Record<Language, [heading: string, ...bullets: string[]][]>]

const entries: Entry[] = [
  [
    /remote|home ?-?office|work(ing)? from home|telearbeit/i,
    {
      en: [
        [
          'Time and focus',
          'No commute: time goes to work, rest or family',
          'Fewer interruptions for work that needs quiet',
        ],
        ['People', 'Teams can hire where the right person lives', 'Easier to combine work with care and health'],
        ['Costs', 'Less office space and travel to pay for', 'Equipment and meeting days are the new items'],
        ['What it asks for', 'Clear written agreements and decisions', 'Regular talks, so that nobody is left alone'],
      ],
      de: [
        [
          'Zeit und Ruhe',
          'Kein Arbeitsweg: Zeit für Arbeit, Erholung, Familie',
          'Weniger Unterbrechungen bei stiller Arbeit',
        ],
        ['Menschen', 'Teams finden Leute dort, wo sie leben', 'Arbeit, Pflege und Gesundheit passen besser zusammen'],
        ['Kosten', 'Weniger Büroflächen und Reisen', 'Ausstattung und gemeinsame Tage kommen hinzu'],
        ['Was es braucht', 'Klare, schriftliche Absprachen', 'Regelmäßige Gespräche, damit niemand allein bleibt'],
      ],
    },
  ],
  [
    /onboarding|new (hires?|colleagues?|employees?|starters?)|einarbeitung/i,
    {
      en: [
        ['Before the first day', 'Equipment, accounts and access are ready', 'A welcome note says when, where and who'],
        ['The first day', 'A named person meets the new colleague', 'A tour, the team, and one small first success'],
        ['The first month', 'A plan of what to learn, week by week', 'Short weekly talks about questions'],
        ['After three months', 'Look back together: what helped, what was missing', 'Agree on the next goals'],
      ],
      de: [
        [
          'Vor dem ersten Tag',
          'Geräte, Konten und Zugänge sind bereit',
          'Ein Willkommensbrief nennt Zeit, Ort und Person',
        ],
        [
          'Der erste Tag',
          'Eine feste Person holt den neuen Menschen ab',
          'Rundgang, Team und ein erster kleiner Erfolg',
        ],
        ['Der erste Monat', 'Ein Plan für jede Woche', 'Kurze wöchentliche Gespräche über Fragen'],
        ['Nach drei Monaten', 'Gemeinsam zurückblicken: was half, was fehlte', 'Die nächsten Ziele vereinbaren'],
      ],
    },
  ],
  [
    /meetings?|besprechung|sitzung/i,
    {
      en: [
        ['Before', 'Say what is to be decided, and send it round', 'Invite only those who decide or know'],
        ['During', 'Start and end on time', 'One person leads, one writes down'],
        ['After', 'Send decisions and who does what by when', 'Drop the series when it has no purpose any more'],
      ],
      de: [
        ['Vorher', 'Sagen, was entschieden werden soll', 'Nur einladen, wer entscheidet oder Bescheid weiß'],
        ['Währenddessen', 'Pünktlich beginnen und enden', 'Eine Person leitet, eine schreibt mit'],
        ['Danach', 'Beschlüsse und Aufgaben mit Termin verschicken', 'Serien ohne Zweck beenden'],
      ],
    },
  ],
  [
    /security|passwords?|phishing|data protection|privacy|gdpr|datenschutz|sicherheit|dsgvo/i,
    {
      en: [
        [
          'Accounts',
          'A password manager and a long password for each account',
          'A second factor wherever there is one',
        ],
        ['Mail', 'Look at sender and link before clicking', 'Ask by another way when a mail presses for haste'],
        [
          'Data',
          'Keep only what is needed, as long as it is needed',
          'Give access to those who need it, and review it',
        ],
        ['When something happened', 'Report at once, without blame', 'Keep the traces; do not tidy up first'],
      ],
      de: [
        ['Konten', 'Passwortmanager und ein langes Passwort je Konto', 'Ein zweiter Faktor, wo es ihn gibt'],
        ['E-Mail', 'Vor dem Klick Absender und Link ansehen', 'Bei Eile auf anderem Weg nachfragen'],
        ['Daten', 'Nur behalten, was gebraucht wird, und so lange', 'Zugriff nur für die, die ihn brauchen'],
        ['Wenn etwas passiert ist', 'Sofort melden, ohne Schuldfrage', 'Spuren erhalten, nicht erst aufräumen'],
      ],
    },
  ],
  [
    /time management|productivity|priorit|zeitmanagement|produktivität/i,
    {
      en: [
        ['Choose', 'Name the few things that matter this week', 'Say no, or later, to the rest'],
        ['Protect', 'Reserve hours without calls and chat', 'Answer messages in batches'],
        ['Finish', 'Cut work into pieces that fit a day', 'Look back on Friday and plan the next week'],
      ],
      de: [
        ['Wählen', 'Die wenigen wichtigen Dinge der Woche benennen', 'Zum Rest Nein oder Später sagen'],
        ['Schützen', 'Stunden ohne Anrufe und Chat freihalten', 'Nachrichten gebündelt beantworten'],
        ['Abschließen', 'Arbeit in Stücke schneiden, die in einen Tag passen', 'Freitags zurückblicken und planen'],
      ],
    },
  ],
  [
    /climate|sustainab|environment|energy saving|klima|nachhaltig|umwelt/i,
    {
      en: [
        ['Energy', 'Heat, cool and light only the rooms in use', 'Prefer renewable power and efficient devices'],
        ['Travel', 'Train before plane, call before travel', 'Make the way by bicycle or bus easy'],
        ['Purchases', 'Repair and share before buying new', 'Ask suppliers how they work'],
        ['Measure', 'Write down consumption every month', 'Show the team what has changed'],
      ],
      de: [
        ['Energie', 'Nur genutzte Räume heizen, kühlen, beleuchten', 'Erneuerbarer Strom und sparsame Geräte'],
        ['Reisen', 'Bahn vor Flug, Anruf vor Reise', 'Den Weg mit Rad und Bus leicht machen'],
        ['Einkauf', 'Reparieren und teilen vor neu kaufen', 'Lieferanten nach ihrer Arbeitsweise fragen'],
        ['Messen', 'Verbrauch jeden Monat aufschreiben', 'Dem Team zeigen, was sich geändert hat'],
      ],
    },
  ],
]

/** The points that it knows on the subject, or null. */
export function knownSections(subject: string, language: Language): Section[] | null {
  const entry = entries.find(([pattern]) => pattern.test(subject))
  return entry ? entry[1][language].map(([heading, ...bullets]) => ({ heading, bullets })) : null
}

/** Questions that a document on any subject should answer, for the person to fill in. */
export function outline(language: Language): Section[] {
  const sections: Record<Language, [string, ...string[]][]> = {
    en: [
      ['Background', 'What do we know already?', 'Who is concerned by it?'],
      ['Goal', 'What should be different afterwards?', 'How will we see that it worked?'],
      ['Options', 'Which ways are there?', 'What speaks for and against each?'],
      ['Resources', 'Who and what is needed?', 'What may it cost?'],
      ['Risks', 'What could go wrong?', 'What would we do then?'],
      ['Timeline', 'What comes first?', 'When is each step done?'],
    ],
    de: [
      ['Hintergrund', 'Was wissen wir schon?', 'Wen betrifft es?'],
      ['Ziel', 'Was soll danach anders sein?', 'Woran erkennen wir den Erfolg?'],
      ['Möglichkeiten', 'Welche Wege gibt es?', 'Was spricht jeweils dafür und dagegen?'],
      ['Mittel', 'Wer und was wird gebraucht?', 'Was darf es kosten?'],
      ['Risiken', 'Was könnte schiefgehen?', 'Was täten wir dann?'],
      ['Zeitplan', 'Was kommt zuerst?', 'Wann ist jeder Schritt fertig?'],
    ],
  }
  return sections[language].map(([heading, ...bullets]) => ({ heading, bullets }))
}
