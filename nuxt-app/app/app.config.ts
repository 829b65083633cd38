export default defineAppConfig({
  ui: {
    colors: { primary: 'teal', neutral: 'zinc', info: 'sky', warning: 'amber', error: 'rose', success: 'emerald' },
    button: { slots: { base: 'cursor-pointer' } },
    card: { slots: { root: 'rounded-xl', header: 'p-4 sm:px-5', body: 'p-4 sm:p-5', footer: 'p-4 sm:px-5' } },
  },
})
