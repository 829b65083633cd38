/** Text that breaks careless code: markup, control characters, lone surrogates, formulas, format codes. */
export const HOSTILE = `<a href="x">&amp;'"]]></a:t>\u0000\u0001\u001b\u0008\ud800\uffff =cmd|'/C calc'!A0 %00 {{x}} \${y} 😀`
