/** How many rows a list begins with, and how many come with each press. */
export const FIRST = 12;
