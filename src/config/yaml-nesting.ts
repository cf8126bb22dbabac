import { CST, Lexer } from 'yaml';

/**
 * The YAML reader descends one call a level, so a short text of brackets can exhaust the stack.
 * This looks at the tokens alone, without descending: brackets that are open at once, dashes on
 * one line, columns of indentation.
 */
const openBracketsMax = 64;
const lineIndicatorsMax = 64;
const indentationColumnsMax = 256;

/** Offset of the token that nests deeper than any configuration needs; null when there is none. */
export function excessiveNesting(text: string): number | null {
  const depth = { openBrackets: 0, lineIndicators: 0, indentation: 0, lineBegins: true };
  let offset = 0;
  for (const token of new Lexer().lex(text)) {
    descend(depth, token);
    if (
      depth.openBrackets > openBracketsMax ||
      depth.lineIndicators > lineIndicatorsMax ||
      depth.indentation > indentationColumnsMax
    ) {
      return offset;
    }
    if (!markers.includes(token)) offset += token.length;
  }
  return null;
}

/**
 * Tokens that stand for no text: the beginning of a document or of a scalar, a fault in brackets.
 */
const markers = '\u0002\u0018\u001f';

interface Depth {
  openBrackets: number;
  lineIndicators: number;
  /** Columns before the first token of the line. */
  indentation: number;
  lineBegins: boolean;
}

function descend(depth: Depth, token: string): void {
  const type = CST.tokenType(token);
  depth.indentation = type === 'space' && depth.lineBegins ? token.length : 0;
  depth.lineBegins = type === 'newline';
  switch (type) {
    case 'newline':
      depth.lineIndicators = 0;
      break;
    case 'seq-item-ind':
    case 'explicit-key-ind':
      depth.lineIndicators++;
      break;
    case 'flow-seq-start':
    case 'flow-map-start':
      depth.openBrackets++;
      break;
    case 'flow-seq-end':
    case 'flow-map-end':
      depth.openBrackets--;
  }
}
