// English. Every word of one language is in the other: the compiler and a test hold to that.

import { CODES } from './en/codes.js';
import { WORDS } from './en/words.js';

export const EN = { ...WORDS, ...CODES };
