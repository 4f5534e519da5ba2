/** The versions of the formats of what recovering writes. */
export const RECOVERY_FORMAT = 'fluoroscope-recovery/1';
export const FORMATION_FORMAT = 'fluoroscope-formation/1';
