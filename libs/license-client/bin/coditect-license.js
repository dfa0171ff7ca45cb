#!/usr/bin/env node
// Not dist/cli.js itself: npm links a workspace's commands at install, and only those whose file is there before the build.
import '../dist/cli.js';
