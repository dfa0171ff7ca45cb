#!/usr/bin/env node
// Not dist/cli.js itself, because npm links a workspace's commands at install, before the build has created that file.
import '../dist/cli.js';
