/**
 * Vue and React set a property where an element has one of the attribute's name, and hand it the attribute's text:
 * `layer="1"` comes as the string '1'. Such a text means what the attribute would.
 */
import { defaultConverter, type ReactiveElement } from 'lit';

/**
 * Puts in a text's place what the attribute's converter makes of it; for `requestUpdate`, which hears of every set.
 *
 * @returns whether it was one: the property has then been set again
 */
export function convertedText(element: ReactiveElement, name: PropertyKey | undefined): boolean {
  if (name === undefined) return false;
  const { attribute, state, type, converter } =
    (element.constructor as typeof ReactiveElement).elementProperties.get(name) ?? {};
  if (attribute === false || state || !(type === Number || type === Boolean || converter)) return false;
  const value: unknown = Reflect.get(element, name);
  if (typeof value !== 'string') return false;
  const convert = (converter as typeof defaultConverter.fromAttribute) ?? defaultConverter.fromAttribute!; // None here is an object.
  return Reflect.set(element, name, convert(value, type));
}
