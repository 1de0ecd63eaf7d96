/** Items of a list in a form have no names of their own while they are typed: their places (0, 1, 2 …) tell them apart. */
export function placesOf(list: readonly unknown[]): number[] {
  return list.map((_, place) => place);
}
