// Before any test: without a GPU device the suite fails, it is never skipped.
import { beforeEach } from 'vitest';
import { withoutCaches } from './caches';
import { testDevice } from './device';
import { noneLoaded } from './none-loaded';

withoutCaches();
await testDevice();
// All tests share one page, and its models: each begins when those of the one before are gone.
beforeEach(noneLoaded);
