/** What the owner decides in files: the memory, soul.yaml, skills, the way out; and forgetting. */
import { egressEditSchema } from '@mobyclaw/protocol/egress-rules';
import { egressLogSchema, egressTestSchema, egressViewSchema } from '@mobyclaw/protocol/egress-view';
import { forgetFindingSchema, forgettingSchema, forgetWishSchema } from '@mobyclaw/protocol/forget';
import {
  fileVersionsSchema,
  memoryFilesSchema,
  memoryHitsSchema,
  ownerFileSaveSchema,
  ownerFileSchema,
} from '@mobyclaw/protocol/memory-file';
import { reviewSchema, undoneReviewSchema } from '@mobyclaw/protocol/memory-review';
import { whyAnswerSchema } from '@mobyclaw/protocol/memory-source';
import {
  skillApprovalSchema,
  skillDetailSchema,
  skillSwitchSchema,
  skillsSchema,
  skillUndoSchema,
  skillUploadSchema,
} from '@mobyclaw/protocol/skill';
import {
  soulCheckRequestSchema,
  soulCheckSchema,
  soulDefaultSchema,
  soulFileSchema,
  soulSaveRequestSchema,
} from '@mobyclaw/protocol/soul';
import { items, type Operation } from './operation.ts';

export const OWNER_FILES: readonly Operation[] = [
  {
    method: 'get',
    path: '/api/egress',
    summary: 'What Moby may reach outside, what is asked about it, and what was refused last',
    answer: egressViewSchema,
  },
  {
    method: 'put',
    path: '/api/egress',
    summary: 'Change one thing of egress.yaml; its comments stay',
    body: egressEditSchema,
    answer: egressViewSchema,
  },
  {
    method: 'get',
    path: '/api/egress/log',
    summary:
      'What the door let through and what not, the newest first; ?limit=, ?before=, ?refused=true, ?host=',
    answer: egressLogSchema,
  },
  {
    method: 'get',
    path: '/api/egress/test',
    summary: 'What would become of a request; ?url=',
    answer: egressTestSchema,
  },
  {
    method: 'get',
    path: '/api/skills',
    summary: "The owner's skills, and how each stands",
    answer: skillsSchema,
  },
  {
    method: 'put',
    path: '/api/skills/{name}',
    summary: 'Switch a skill on or off; one that its owner has not seen is refused',
    body: skillSwitchSchema,
    answer: skillsSchema,
  },
  {
    method: 'get',
    path: '/api/skills/{name}',
    summary: 'A skill with the texts of its files, as its owner saw them last beside them, and its versions',
    answer: skillDetailSchema,
  },
  {
    method: 'post',
    path: '/api/skills',
    summary:
      'Put a skill of an archive among the others; it is off until it is approved, also in the place of one that was on',
    body: skillUploadSchema,
    answer: skillDetailSchema,
    status: 201,
  },
  {
    method: 'post',
    path: '/api/skills/{name}/approve',
    summary: 'Give it to Moby as it was looked at; 409 where it is another by now',
    body: skillApprovalSchema,
    answer: skillDetailSchema,
  },
  {
    method: 'post',
    path: '/api/skills/{name}/undo',
    summary: 'Go back to what its owner had approved before; again, and it is as it was',
    body: skillUndoSchema,
    answer: skillDetailSchema,
  },
  {
    method: 'delete',
    path: '/api/skills/{name}',
    summary: 'Delete a skill with its versions',
    answer: skillsSchema,
  },
  {
    method: 'get',
    path: '/api/memory/files',
    summary: 'Files of the memory: MEMORY.md, HEARTBEAT.md, logs of days, notes',
    answer: memoryFilesSchema,
  },
  {
    method: 'get',
    path: '/api/memory/file',
    summary: 'The file ?name= as it stands',
    answer: ownerFileSchema,
  },
  {
    method: 'post',
    path: '/api/memory/file',
    summary: 'Save a file of the memory; 409 where it is another one than the version that was edited',
    body: ownerFileSaveSchema,
    answer: ownerFileSchema,
  },
  {
    method: 'get',
    path: '/api/memory/versions',
    summary: 'Versions of the file ?name= that are kept, the newest first; soul.yaml has some too',
    answer: fileVersionsSchema,
  },
  {
    method: 'get',
    path: '/api/memory/version',
    summary: 'The version of the file ?name= of the time ?at=, as listed',
    answer: ownerFileSchema,
  },
  {
    method: 'get',
    path: '/api/memory/search',
    summary: 'Search over the memory, best first; ?q= ?from= ?to= (YYYY-MM-DD) ?limit=',
    answer: memoryHitsSchema,
  },
  {
    method: 'get',
    path: '/api/soul',
    summary: 'soul.yaml as it stands, and whether it is in force',
    answer: soulFileSchema,
  },
  {
    method: 'post',
    path: '/api/soul',
    summary:
      'Save soul.yaml, which counts from the next message on; 409 where it is another one than the version that was edited, 422 where it has a mistake',
    body: soulSaveRequestSchema,
    answer: soulFileSchema,
  },
  {
    method: 'get',
    path: '/api/soul/default',
    summary: 'The soul.yaml that this version brings',
    answer: soulDefaultSchema,
  },
  {
    method: 'post',
    path: '/api/soul/check',
    summary: 'What is wrong with a text for soul.yaml, without saving it',
    body: soulCheckRequestSchema,
    answer: soulCheckSchema,
  },
  {
    method: 'get',
    path: '/api/memory/why',
    summary: 'Where the lines of the memory about ?q= come from: conversation, time, person',
    answer: whyAnswerSchema,
  },
  {
    method: 'post',
    path: '/api/forget/look',
    summary: 'What would be forgotten; nothing is removed',
    body: forgetWishSchema,
    answer: forgetFindingSchema,
  },
  {
    method: 'post',
    path: '/api/forget',
    summary: 'Forget a phrase, a conversation, a person or a time for good',
    body: forgetWishSchema,
    answer: forgettingSchema,
    status: 202,
  },
  { method: 'get', path: '/api/forget/{id}', summary: 'How forgetting goes', answer: forgettingSchema },
  {
    method: 'get',
    path: '/api/memory/changes',
    summary: 'What the nightly looks at the memory did, the newest first',
    answer: items(reviewSchema),
  },
  {
    method: 'post',
    path: '/api/memory/undo',
    summary: 'Take back what the last nightly look changed',
    answer: undoneReviewSchema,
  },
];
