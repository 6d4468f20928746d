-- CreateTable
CREATE TABLE "user_account" (
    "id" UUID NOT NULL DEFAULT uuidv7(),
    "email" TEXT NOT NULL,
    "email_key" TEXT NOT NULL,
    "is_email_verified" BOOLEAN NOT NULL DEFAULT false,
    "name" TEXT,
    "locale" TEXT NOT NULL,
    "phone" TEXT,
    "password_hash" TEXT NOT NULL,
    "roles" TEXT[],
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "user_account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "session" (
    "id" UUID NOT NULL DEFAULT uuidv7(),
    "user_id" UUID NOT NULL,
    "user_agent" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "end_reason" TEXT,

    CONSTRAINT "session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "refresh_token" (
    "hash" TEXT NOT NULL,
    "session_id" UUID NOT NULL,
    "predecessor" TEXT,
    "issued_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "refresh_token_pkey" PRIMARY KEY ("hash")
);

-- CreateTable
CREATE TABLE "sign_in_failure" (
    "address_hash" TEXT NOT NULL,
    "failures" INTEGER NOT NULL,
    "began_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "sign_in_failure_pkey" PRIMARY KEY ("address_hash")
);

-- CreateTable
CREATE TABLE "signing_key" (
    "kid" TEXT NOT NULL,
    "public_jwk" JSONB NOT NULL,
    "sealed_private_key" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "signs_from" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "signing_key_pkey" PRIMARY KEY ("kid")
);

-- CreateTable
CREATE TABLE "role_change" (
    "position" BIGSERIAL NOT NULL,
    "user_id" UUID NOT NULL,
    "actor_id" UUID,
    "from" TEXT[],
    "to" TEXT[],
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "role_change_pkey" PRIMARY KEY ("position")
);

-- CreateTable
CREATE TABLE "outbox_message" (
    "position" BIGSERIAL NOT NULL,
    "event_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "data" JSONB NOT NULL,
    "correlation_id" TEXT NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "consumer" TEXT NOT NULL,
    "next_attempt_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "acknowledged_at" TIMESTAMPTZ(3),

    CONSTRAINT "outbox_message_pkey" PRIMARY KEY ("position")
);

-- CreateIndex
CREATE UNIQUE INDEX "user_account_email_key_key" ON "user_account"("email_key");

-- CreateIndex
CREATE INDEX "session_user_id_last_seen_at_idx" ON "session"("user_id", "last_seen_at");

-- CreateIndex
CREATE INDEX "session_expires_at_idx" ON "session"("expires_at");

-- CreateIndex
CREATE INDEX "refresh_token_session_id_idx" ON "refresh_token"("session_id");

-- CreateIndex
CREATE INDEX "refresh_token_predecessor_idx" ON "refresh_token"("predecessor");

-- CreateIndex
CREATE INDEX "refresh_token_expires_at_idx" ON "refresh_token"("expires_at");

-- CreateIndex
CREATE INDEX "sign_in_failure_began_at_idx" ON "sign_in_failure"("began_at");

-- CreateIndex
CREATE INDEX "role_change_user_id_position_idx" ON "role_change"("user_id", "position");

-- CreateIndex
CREATE INDEX "outbox_message_acknowledged_at_next_attempt_at_idx" ON "outbox_message"("acknowledged_at", "next_attempt_at");

-- CreateIndex
CREATE UNIQUE INDEX "outbox_message_event_id_consumer_key" ON "outbox_message"("event_id", "consumer");

-- AddForeignKey
ALTER TABLE "session" ADD CONSTRAINT "session_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user_account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "refresh_token" ADD CONSTRAINT "refresh_token_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- By hand: what Prisma cannot express.
-- One address is one account, however it is typed; nobody is without a role, and nobody has an unknown one.
ALTER TABLE "user_account" ADD CONSTRAINT "user_account_email_key" CHECK ("email_key" = lower("email"));
ALTER TABLE "user_account" ADD CONSTRAINT "user_account_roles" CHECK (cardinality("roles") > 0 AND "roles" <@ ARRAY['CUSTOMER', 'OPERATOR', 'ADMIN']);
-- A session never outlives its end, and one that was ended says why.
ALTER TABLE "session" ADD CONSTRAINT "session_within_end" CHECK ("expires_at" <= "ends_at");
ALTER TABLE "session" ADD CONSTRAINT "session_end_reason" CHECK (("ended_at" IS NULL) = ("end_reason" IS NULL));
-- Who changed whose roles is never rewritten.
CREATE FUNCTION "refuse_rewriting"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER "role_change_append_only" BEFORE UPDATE OR DELETE ON "role_change"
  FOR EACH ROW EXECUTE FUNCTION "refuse_rewriting"();
