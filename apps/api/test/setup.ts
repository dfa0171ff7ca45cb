import 'reflect-metadata';
import { afterAll } from 'vitest';
import { resetSharedApp } from './shared-app.js';

afterAll(resetSharedApp);
