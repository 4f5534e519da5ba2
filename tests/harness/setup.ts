// Before any test: without a GPU device the suite fails, it is never skipped.
import { withoutCaches } from './caches';
import { testDevice } from './device';

withoutCaches();
await testDevice();
