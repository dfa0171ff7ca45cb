/** Returns the names of an object's members, in their order. Use it only for objects without members beyond their
 *  type. */
export function keysOf<T extends object>(object: T): (keyof T & string)[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- TypeScript allows further members at run time
  return Object.keys(object) as (keyof T & string)[];
}
