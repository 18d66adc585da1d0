import { checkLine, linesOf, tokensOf, valueOf } from '../../src/config/parse/lines';
import { flag, list, optional, text, type VectorOutcome, type VectorRunner } from './runner';

export const parser: VectorRunner = {
  file: 'parser',
  run(c): VectorOutcome {
    const [line] = linesOf(text(c['line']));
    const tokens = tokensOf(line?.text ?? '');
    const shown = tokens.map(({ text: word, quote }) => (quote ? { quote: true } : word));
    expect(shown.length === 0 ? null : shown).toEqual(optional(c['tokens'], list));
    if (shown.length === 0) return 'passed';
    const { accepted } = checkLine(tokens);
    expect(accepted).toBe(flag(c['line_accepted']));
    expect(accepted ? (valueOf(tokens)?.text ?? null) : null).toBe(optional(c['value'], text));
    return 'passed';
  },
};
