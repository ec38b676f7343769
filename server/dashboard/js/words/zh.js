// 简体中文. Every word of one language is in the other: the compiler and a test hold to that.

import { CODES } from './zh/codes.js';
import { WORDS } from './zh/words.js';

export const ZH = { ...WORDS, ...CODES };
