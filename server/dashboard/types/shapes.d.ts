// What the pages know of the API's shapes. `api.d.ts` is generated from `server/openapi.json` by the test `dashboard`, so
// a field that is renamed or removed there fails the pages that read it.

import type { components, paths } from './api';

/** The named shapes of the API. */
export type Shapes = components['schemas'];

/** Query parameters, all of them texts; absent and empty ones are left out. */
export type Texts = { [name: string]: string | undefined };

/** The paths that answer JSON to GET. */
export type GetPath = {
  [P in keyof paths]: paths[P] extends { get: { responses: { 200: { content: { 'application/json': unknown } } } } } ? P : never;
}[keyof paths];

/** What a path answers. */
export type BodyOf<P extends GetPath> = paths[P] extends { get: { responses: { 200: { content: { 'application/json': infer B } } } } } ? B : never;

/** The names of a path's query parameters. */
export type QueryOf<P extends GetPath> = paths[P] extends { get: { parameters: { query?: infer Q } } } ? { [N in keyof Q]?: string | undefined } : Texts;

/** An answer, and the call that gave it. */
export interface Answer<B = unknown> {
  /** Path and query, as they were sent. */
  call: string;
  body: B;
}

/** A call that is to be made: path and query, and by its type what it answers. */
export type Call<B = unknown> = string & { readonly answers?: B };

/** What calls answer, in their order. */
export type AnswersOf<C extends readonly string[]> = { -readonly [K in keyof C]: C[K] extends Call<infer B> ? Answer<B> : never };

type Rows<B> = B extends { rows: (infer R)[] } ? R : never;
/** A row of what a path answers. */
export type RowOf<P extends GetPath> = Rows<BodyOf<P>>;

/** Where a value stands in a row: `amount`, or `sales/volume`. */
export type Place<R> = {
  [K in keyof R & string]: NonNullable<R[K]> extends readonly unknown[] ? K : NonNullable<R[K]> extends object ? `${K}/${keyof NonNullable<R[K]> & string}` : K;
}[keyof R & string];

/** How a value is told. */
export type Kind = 'money' | 'count' | 'percent' | 'ratio' | 'date' | 'moment' | 'text' | 'code' | 'id';

/** A column of a table. */
export interface Column<R> {
  at: Place<R>;
  /** Its heading. */
  title: string;
  kind?: Kind;
  /** For codes: the family of their words. */
  family?: string;
  /** The order of its values, the least first, where it is not that of their letters. */
  rank?: readonly string[];
  /** Where a click on it leads. */
  href?: (row: R) => string | undefined;
  /** What a click on it opens. */
  open?: (row: R) => void;
}

/** Who is signed in. */
export type Who = BodyOf<'/v1/whoami'>;
