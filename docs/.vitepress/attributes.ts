/**
 * Vue sets a property where an element has one of that name, also for what stands in a template as an attribute. The
 * components' attributes are meant as attributes: `layer="1"` is the number 1, `trace="…"` the address of a recording.
 */
import { type ConstantTypes, createSimpleExpression, type NodeTransform, NodeTypes } from '@vue/compiler-core';

/** Vue's own. */
const OWN: readonly string[] = ['class', 'key', 'ref'];
const CONSTANT: ConstantTypes = 3;

export const keepAttributes: NodeTransform = (node) => {
  if (node.type !== NodeTypes.ELEMENT || !node.tag.startsWith('fluoro-')) return;
  node.props = node.props.map((prop) => {
    if (prop.type !== NodeTypes.ATTRIBUTE || OWN.includes(prop.name)) return prop;
    const text = (content: string, isStatic: boolean) => createSimpleExpression(content, isStatic, prop.loc, CONSTANT);
    return {
      type: NodeTypes.DIRECTIVE,
      name: 'bind',
      arg: text(prop.name, true),
      exp: text(JSON.stringify(prop.value?.content ?? ''), false),
      modifiers: [text('attr', true)],
      loc: prop.loc,
    };
  });
};
