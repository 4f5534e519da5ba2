// Before any test: without a GPU device the suite fails, it is never skipped.
import { testDevice } from './device';

await testDevice();
