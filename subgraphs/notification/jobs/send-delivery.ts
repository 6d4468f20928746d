import { z } from 'zod';
import { defineJob, implementJob, type JobImplementation } from '#shared/jobs.ts';
import type { DeliveryService } from '../delivery-service.ts';

/** Where deliveries are asked for. */
export const deliveryQueueName = 'deliveries';

/** Asks for an attempt of a delivery. The row says whether there is anything to do: a job too many does nothing. */
export const sendDelivery = defineJob({ name: 'send-delivery', payload: z.object({ deliveryId: z.uuid() }) });

/** How it is done. */
export function implementSendDelivery(deliveries: DeliveryService): JobImplementation {
  return implementJob(sendDelivery, ({ deliveryId }) => deliveries.deliver(deliveryId));
}
