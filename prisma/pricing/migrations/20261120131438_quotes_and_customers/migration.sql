-- AlterTable
ALTER TABLE "pricing_rule" ADD COLUMN     "activated_at" TIMESTAMPTZ(3),
ADD COLUMN     "activated_by" TEXT,
ADD COLUMN     "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
ADD COLUMN     "created_by" TEXT,
ADD COLUMN     "retired_at" TIMESTAMPTZ(3),
ADD COLUMN     "retired_by" TEXT;

-- CreateTable
CREATE TABLE "customer" (
    "user_id" TEXT NOT NULL,
    "customer_group" TEXT NOT NULL DEFAULT 'RETAIL',
    "group_set_by" TEXT,
    "group_set_at" TIMESTAMPTZ(3),

    CONSTRAINT "customer_pkey" PRIMARY KEY ("user_id")
);

-- CreateTable
CREATE TABLE "quote" (
    "id" UUID NOT NULL,
    "customer_id" TEXT NOT NULL,
    "sku" TEXT NOT NULL,
    "side" TEXT NOT NULL,
    "quantity" INTEGER NOT NULL,
    "currency" TEXT NOT NULL,
    "coupon_code" TEXT,
    "unit_price" DECIMAL(24,4) NOT NULL,
    "total" DECIMAL(24,4) NOT NULL,
    "premium_percent" DECIMAL(24,4) NOT NULL,
    "lines" JSONB NOT NULL,
    "symbol" TEXT NOT NULL,
    "sequence" BIGINT NOT NULL,
    "as_of" TIMESTAMPTZ(3) NOT NULL,
    "token" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "order_id" TEXT,
    "accepted_at" TIMESTAMPTZ(3),
    "replaces_quote_id" UUID,

    CONSTRAINT "quote_pkey" PRIMARY KEY ("id")
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
CREATE UNIQUE INDEX "quote_replaces_quote_id_key" ON "quote"("replaces_quote_id");

-- CreateIndex
CREATE INDEX "quote_customer_id_expires_at_idx" ON "quote"("customer_id", "expires_at");

-- CreateIndex
CREATE INDEX "idempotency_key_created_at_idx" ON "idempotency_key"("created_at");

-- AddForeignKey
ALTER TABLE "quote" ADD CONSTRAINT "quote_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customer"("user_id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "quote" ADD CONSTRAINT "quote_replaces_quote_id_fkey" FOREIGN KEY ("replaces_quote_id") REFERENCES "quote"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- By hand: what Prisma cannot express.
ALTER TABLE "pricing_rule"
  ADD CONSTRAINT "pricing_rule_known_status" CHECK ("status" IN ('DRAFT', 'ACTIVE', 'RETIRED')),
  ADD CONSTRAINT "pricing_rule_ends_after_it_begins" CHECK ("valid_to" > "valid_from");
ALTER TABLE "quote"
  ADD CONSTRAINT "quote_known_side" CHECK ("side" IN ('BUY', 'SELL')),
  ADD CONSTRAINT "quote_pieces" CHECK ("quantity" BETWEEN 1 AND 100000),
  ADD CONSTRAINT "quote_expires_after_it_began" CHECK ("expires_at" > "created_at"),
  ADD CONSTRAINT "quote_accepted_by_an_order" CHECK (("order_id" IS NULL) = ("accepted_at" IS NULL));
