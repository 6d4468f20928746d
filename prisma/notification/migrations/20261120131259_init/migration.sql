-- CreateTable
CREATE TABLE "recipient" (
    "user_id" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "email" TEXT NOT NULL,
    "name" TEXT,
    "locale" TEXT NOT NULL,
    "phone" TEXT,

    CONSTRAINT "recipient_pkey" PRIMARY KEY ("user_id")
);

-- CreateTable
CREATE TABLE "inbox" (
    "user_id" TEXT NOT NULL,
    "sequence" BIGINT NOT NULL DEFAULT 0,
    "unread_count" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "inbox_pkey" PRIMARY KEY ("user_id")
);

-- CreateTable
CREATE TABLE "notification" (
    "id" UUID NOT NULL DEFAULT uuidv7(),
    "recipient_id" TEXT NOT NULL,
    "dedupe_key" TEXT NOT NULL,
    "sequence" BIGINT NOT NULL,
    "category" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "data" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "read_at" TIMESTAMPTZ(3),

    CONSTRAINT "notification_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "delivery" (
    "id" UUID NOT NULL DEFAULT uuidv7(),
    "notification_id" UUID NOT NULL,
    "recipient_id" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "due_at" TIMESTAMPTZ(3),
    "waits_for" TEXT,
    "digest_id" UUID,
    "last_error" TEXT,
    "provider_id" TEXT,
    "sent_at" TIMESTAMPTZ(3),
    "failed_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "delivery_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "notification_preference" (
    "user_id" TEXT NOT NULL,
    "category" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL,

    CONSTRAINT "notification_preference_pkey" PRIMARY KEY ("user_id","category","channel")
);

-- CreateTable
CREATE TABLE "quiet_hours" (
    "user_id" TEXT NOT NULL,
    "time_zone" TEXT NOT NULL,
    "from_time" TEXT NOT NULL,
    "to_time" TEXT NOT NULL,
    "behaviour" TEXT NOT NULL,

    CONSTRAINT "quiet_hours_pkey" PRIMARY KEY ("user_id")
);

-- CreateTable
CREATE TABLE "push_subscription" (
    "id" UUID NOT NULL DEFAULT uuidv7(),
    "user_id" TEXT NOT NULL,
    "endpoint" TEXT NOT NULL,
    "p256dh" TEXT NOT NULL,
    "auth" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "push_subscription_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "push_receipt" (
    "delivery_id" UUID NOT NULL,
    "subscription_id" UUID NOT NULL,

    CONSTRAINT "push_receipt_pkey" PRIMARY KEY ("delivery_id","subscription_id")
);

-- CreateTable
CREATE TABLE "recorded_message" (
    "delivery_id" UUID NOT NULL,
    "channel" TEXT NOT NULL,
    "recipient_id" TEXT NOT NULL,
    "addresses" TEXT[],
    "title" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "recorded_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "recorded_message_pkey" PRIMARY KEY ("delivery_id")
);

-- CreateTable
CREATE TABLE "inbox_event" (
    "event_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "handled_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "inbox_event_pkey" PRIMARY KEY ("event_id")
);

-- CreateTable
CREATE TABLE "idempotency_key" (
    "scope" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "request_hash" TEXT NOT NULL,
    "result" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_key_pkey" PRIMARY KEY ("scope","key")
);

-- CreateIndex
CREATE UNIQUE INDEX "notification_recipient_id_dedupe_key_key" ON "notification"("recipient_id", "dedupe_key");

-- CreateIndex
CREATE UNIQUE INDEX "notification_recipient_id_sequence_key" ON "notification"("recipient_id", "sequence");

-- CreateIndex
CREATE INDEX "delivery_digest_id_idx" ON "delivery"("digest_id");

-- CreateIndex
CREATE UNIQUE INDEX "delivery_notification_id_channel_key" ON "delivery"("notification_id", "channel");

-- CreateIndex
CREATE UNIQUE INDEX "push_subscription_endpoint_key" ON "push_subscription"("endpoint");

-- CreateIndex
CREATE INDEX "push_subscription_user_id_idx" ON "push_subscription"("user_id");

-- CreateIndex
CREATE INDEX "push_receipt_subscription_id_idx" ON "push_receipt"("subscription_id");

-- CreateIndex
CREATE INDEX "recorded_message_recorded_at_delivery_id_idx" ON "recorded_message"("recorded_at", "delivery_id");

-- CreateIndex
CREATE INDEX "idempotency_key_created_at_idx" ON "idempotency_key"("created_at");

-- AddForeignKey
ALTER TABLE "delivery" ADD CONSTRAINT "delivery_notification_id_fkey" FOREIGN KEY ("notification_id") REFERENCES "notification"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "push_receipt" ADD CONSTRAINT "push_receipt_subscription_id_fkey" FOREIGN KEY ("subscription_id") REFERENCES "push_subscription"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- By hand: what Prisma cannot express.
ALTER TABLE "delivery"
  ADD CONSTRAINT "delivery_channel" CHECK ("channel" IN ('EMAIL', 'SMS', 'PUSH', 'IN_APP')),
  ADD CONSTRAINT "delivery_status" CHECK ("status" IN ('QUEUED', 'SENDING', 'SENT', 'RECORDED', 'FAILED', 'SUPPRESSED')),
  -- What is under way has a time at which it is taken up again, whatever happens to the process that does it.
  ADD CONSTRAINT "delivery_due" CHECK (("status" IN ('QUEUED', 'SENDING')) = ("due_at" IS NOT NULL));
ALTER TABLE "inbox" ADD CONSTRAINT "inbox_unread" CHECK ("unread_count" >= 0);

-- What is to be done, dead letters, and what is unread are few among many.
CREATE INDEX "delivery_under_way" ON "delivery"("due_at") WHERE "due_at" IS NOT NULL AND "digest_id" IS NULL;
CREATE INDEX "delivery_waiting" ON "delivery"("recipient_id", "channel") WHERE "status" = 'QUEUED' AND "waits_for" IS NOT NULL;
CREATE INDEX "delivery_dead" ON "delivery"("failed_at", "id") WHERE "status" = 'FAILED' AND "digest_id" IS NULL;
CREATE INDEX "notification_unread" ON "notification"("recipient_id", "sequence") WHERE "read_at" IS NULL;

-- Whoever changes an inbox, every server with a subscriber to it reads it: the notification belongs to the change.
CREATE FUNCTION notify_inbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('inbox', NEW.user_id);
  RETURN NULL;
END
$$;
CREATE TRIGGER "inbox_notifies" AFTER UPDATE ON "inbox"
  FOR EACH ROW WHEN (OLD.sequence IS DISTINCT FROM NEW.sequence) EXECUTE FUNCTION notify_inbox();
