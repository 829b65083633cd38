/**
 * What the demo model knows: a few general points on everyday office subjects, without figures.
 * For any other subject it lists questions instead of making things up.
 */
import type { Language } from '../language/language.ts'

export interface Section {
  heading: string
  bullets: string[]
}

type Entry = [subject: RegExp, sections: Record<Language, [heading: string, ...bullets: string[]][]>]

const entries: Entry[] = [
  [
    /^(?:remote work(?:ing)?|working from home|home ?-?office|telearbeit|télétravail|teletrabajo|trabajo remoto)$/i,
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
      fr: [
        [
          'Temps et calme',
          'Pas de trajet : du temps pour le travail, le repos, la famille',
          'Moins d’interruptions pour le travail de fond',
        ],
        ['Personnes', 'Les équipes recrutent là où les gens vivent', 'Travail, soins et santé se concilient mieux'],
        ['Coûts', 'Moins de bureaux et de déplacements', 'L’équipement et les journées communes s’y ajoutent'],
        [
          'Ce qu’il faut',
          'Des accords et des décisions écrits clairement',
          'Des échanges réguliers, pour que personne ne reste seul',
        ],
      ],
      es: [
        [
          'Tiempo y concentración',
          'Sin trayecto: tiempo para el trabajo, el descanso y la familia',
          'Menos interrupciones en el trabajo tranquilo',
        ],
        ['Personas', 'Los equipos contratan donde vive la gente', 'Trabajo, cuidados y salud se combinan mejor'],
        ['Costes', 'Menos oficinas y menos viajes', 'Se añaden el equipo y los días de encuentro'],
        [
          'Lo que exige',
          'Acuerdos y decisiones claros y por escrito',
          'Conversaciones regulares, para que nadie se quede solo',
        ],
      ],
    },
  ],
  [
    /^(?:onboarding|einarbeitung|intégration des nouveaux|incorporación de empleados)$/i,
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
      fr: [
        ['Avant le premier jour', 'Matériel, comptes et accès sont prêts', 'Un mot d’accueil dit quand, où et qui'],
        [
          'Le premier jour',
          'Une personne désignée accueille le nouveau collègue',
          'Une visite, l’équipe et un premier petit succès',
        ],
        [
          'Le premier mois',
          'Un plan de ce qu’il faut apprendre, semaine par semaine',
          'De courts échanges chaque semaine',
        ],
        [
          'Après trois mois',
          'Faire le point ensemble : ce qui a aidé, ce qui manquait',
          'Convenir des prochains objectifs',
        ],
      ],
      es: [
        [
          'Antes del primer día',
          'Equipo, cuentas y accesos están listos',
          'Una nota de bienvenida dice cuándo, dónde y quién',
        ],
        [
          'El primer día',
          'Una persona designada recibe al nuevo colega',
          'Una visita, el equipo y un primer pequeño éxito',
        ],
        ['El primer mes', 'Un plan de lo que hay que aprender, semana a semana', 'Charlas breves cada semana'],
        ['Después de tres meses', 'Mirar atrás juntos: qué ayudó y qué faltó', 'Acordar los próximos objetivos'],
      ],
    },
  ],
  [
    /^(?:(?:good |better |effective )?meetings?|besprechungen|sitzungen|réunions(?: efficaces)?|reuniones(?: eficaces)?)$/i,
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
      fr: [
        ['Avant', 'Dire ce qui doit être décidé, et l’envoyer', 'N’inviter que ceux qui décident ou qui savent'],
        ['Pendant', 'Commencer et finir à l’heure', 'Une personne mène, une autre note'],
        ['Après', 'Envoyer les décisions et qui fait quoi pour quand', 'Arrêter la série quand elle n’a plus d’objet'],
      ],
      es: [
        ['Antes', 'Decir qué hay que decidir, y enviarlo', 'Invitar solo a quien decide o sabe'],
        ['Durante', 'Empezar y terminar a tiempo', 'Una persona dirige, otra toma nota'],
        [
          'Después',
          'Enviar las decisiones y quién hace qué para cuándo',
          'Terminar la serie cuando ya no tiene objeto',
        ],
      ],
    },
  ],
  [
    /^(?:(?:it |office |cyber ?)?security|passwords|phishing|data protection|data privacy|privacy|gdpr|datenschutz|it-sicherheit|dsgvo|protection des données|rgpd|protección de datos|seguridad informática)$/i,
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
      fr: [
        [
          'Comptes',
          'Un gestionnaire de mots de passe et un long mot de passe par compte',
          'Un second facteur partout où c’est possible',
        ],
        [
          'Courriel',
          'Regarder l’expéditeur et le lien avant de cliquer',
          'Demander par une autre voie quand un courriel presse',
        ],
        [
          'Données',
          'Ne garder que ce qu’il faut, le temps qu’il faut',
          'Donner l’accès à ceux qui en ont besoin, et le revoir',
        ],
        ['En cas d’incident', 'Signaler tout de suite, sans reproche', 'Garder les traces, ne pas ranger d’abord'],
      ],
      es: [
        ['Cuentas', 'Un gestor de contraseñas y una contraseña larga por cuenta', 'Un segundo factor donde lo haya'],
        [
          'Correo',
          'Mirar el remitente y el enlace antes de hacer clic',
          'Preguntar por otra vía cuando un correo mete prisa',
        ],
        ['Datos', 'Guardar solo lo necesario, mientras sea necesario', 'Dar acceso a quien lo necesita, y revisarlo'],
        ['Si ha pasado algo', 'Avisar enseguida, sin culpas', 'Conservar los rastros, no ordenar antes'],
      ],
    },
  ],
  [
    /^(?:time management|productivity|zeitmanagement|produktivität|gestion du temps|productivité|gestión del tiempo|productividad)$/i,
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
      fr: [
        ['Choisir', 'Nommer les quelques choses qui comptent cette semaine', 'Dire non, ou plus tard, au reste'],
        ['Protéger', 'Réserver des heures sans appels ni messages', 'Répondre aux messages par lots'],
        ['Finir', 'Découper le travail en morceaux d’un jour', 'Faire le point le vendredi et planifier la suite'],
      ],
      es: [
        ['Elegir', 'Nombrar las pocas cosas que importan esta semana', 'Decir no, o más tarde, al resto'],
        ['Proteger', 'Reservar horas sin llamadas ni mensajes', 'Responder los mensajes por tandas'],
        ['Terminar', 'Cortar el trabajo en piezas de un día', 'Mirar atrás el viernes y planificar la semana'],
      ],
    },
  ],
]

/** "Benefits of remote work" and "the advantages of remote work" are about remote work. */
const frame =
  /^(?:(?:the|our|some|die|der|das|les|la|le|los|las|el)\s+)*(?:(?:benefits|advantages|basics|importance|vorteile|nutzen|grundlagen|avantages|bienfaits|ventajas|beneficios)\s+(?:of|von|des?|du|de la|del)\s+)?(?:the\s+|la\s+|le\s+|el\s+)?/iu

/** The points that it knows on the subject, or null. The topic must be the subject, and not only touch it. */
export function knownSections(topic: string, language: Language): Section[] | null {
  const subject = topic.trim().replace(frame, '')
  const entry = entries.find(([pattern]) => pattern.test(subject))
  return entry ? entry[1][language].map(([heading, ...bullets]) => ({ heading, bullets })) : null
}

/** Questions that a document on any subject should answer, for the person to fill in. */
export function outline(language: Language): Section[] {
  return questions[language].map(([heading, ...bullets]) => ({ heading, bullets }))
}

const questions: Record<Language, [string, ...string[]][]> = {
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
  fr: [
    ['Contexte', 'Que savons-nous déjà ?', 'Qui est concerné ?'],
    ['Objectif', 'Qu’est-ce qui doit changer ?', 'À quoi verrons-nous que cela a marché ?'],
    ['Options', 'Quelles voies existent ?', 'Quels sont le pour et le contre ?'],
    ['Moyens', 'Qui et quoi faut-il ?', 'Combien cela peut-il coûter ?'],
    ['Risques', 'Qu’est-ce qui pourrait mal tourner ?', 'Que ferions-nous alors ?'],
    ['Calendrier', 'Par quoi commencer ?', 'Quand chaque étape est-elle finie ?'],
  ],
  es: [
    ['Contexto', '¿Qué sabemos ya?', '¿A quién afecta?'],
    ['Objetivo', '¿Qué debe cambiar después?', '¿Cómo veremos que funcionó?'],
    ['Opciones', '¿Qué caminos hay?', '¿Qué habla a favor y en contra de cada uno?'],
    ['Medios', '¿Quién y qué hace falta?', '¿Cuánto puede costar?'],
    ['Riesgos', '¿Qué podría salir mal?', '¿Qué haríamos entonces?'],
    ['Calendario', '¿Qué va primero?', '¿Cuándo está listo cada paso?'],
  ],
}
