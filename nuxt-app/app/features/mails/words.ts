import type { MailStatus } from './queries'

interface MailLook {
  label: string
  icon: string
  color: 'success' | 'warning' | 'error' | 'neutral'
  /** What it means, for the page of one mail. */
  meaning: string
}

const looks: Record<MailStatus, MailLook> = {
  kept: {
    label: 'Not sent',
    icon: 'i-lucide-archive',
    color: 'warning',
    meaning:
      'This mail was not sent. This installation has no mail server, so mails stay here. Its operator sets SMTP_URL and MAIL_FROM to send them.',
  },
  sent: {
    label: 'Sent',
    icon: 'i-lucide-check',
    color: 'success',
    meaning: 'The mail server took this mail.',
  },
  failed: {
    label: 'Failed',
    icon: 'i-lucide-x',
    color: 'error',
    meaning: 'This mail was not sent. It is kept here as it was approved.',
  },
  unknown: {
    label: 'Unclear',
    icon: 'i-lucide-circle-help',
    color: 'warning',
    meaning: 'Nobody knows whether this mail was sent. Ask a recipient before you send it another way.',
  },
}

export const mailLook = (status: MailStatus): MailLook => looks[status]
