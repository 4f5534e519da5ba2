/**
 * Registers all elements. `<fluoro-model>` comes first, and `<fluoro-debugger>` after it: they answer what the elements
 * inside them ask when they start. Each entry registers one, with what it is made of, and `<fluoro-model>`.
 */
import './entries/debugger';

export * from './entries/algorithm';
export * from './entries/attribution';
export * from './entries/buffer';
export * from './entries/circuit';
export * from './entries/compare';
export * from './entries/debugger';
export * from './entries/edit-actions';
export * from './entries/explain';
export * from './entries/formation';
export * from './entries/heads';
export * from './entries/kernel';
export * from './entries/lens';
export * from './entries/model';
export * from './entries/neurons';
export * from './entries/patching';
export * from './entries/program';
export * from './entries/residual';
export * from './entries/tokens';
export * from './entries/wave-grid';
