# trimtab as a container: not root, and nothing but /data is written to.
#   docker build -t trimtab .
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges --stop-timeout 40 \
#     -p 8787:8787 -v trimtab-data:/data -v ./trimtab.yaml:/etc/trimtab/trimtab.yaml:ro -e OPENAI_API_KEY trimtab
ARG NODE_VERSION=22

FROM node:${NODE_VERSION}-bookworm AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY build.mjs tsconfig.json ./
COPY src ./src
RUN node build.mjs --quiet && find dist -name '*.map' -delete && chmod +x dist/cli.js

# Apart from the build, so that a change of sources does not compile SQLite again.
FROM node:${NODE_VERSION}-bookworm AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# Only better-sqlite3 has a script that is needed; trimtab's own builds what is built above.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
  && npm rebuild better-sqlite3 --foreground-scripts \
  && rm -rf node_modules/better-sqlite3/build/Release/obj* node_modules/better-sqlite3/build/Release/*.a

FROM node:${NODE_VERSION}-bookworm-slim
COPY --from=packages /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist
COPY package.json LICENSE trimtab.example.yaml /app/
COPY migrations /app/migrations
COPY models /app/models
COPY policies /app/policies
RUN ln -s /app/dist/cli.js /usr/local/bin/trimtab \
  && mkdir -p /data /etc/trimtab/policies \
  && chown node:node /data
# Others than the container itself can only be served with keys: docker exec NAME trimtab keys create --name web
ENV NODE_ENV=production \
  TRIMTAB_HOST=0.0.0.0 \
  TRIMTAB_PORT=8787 \
  TRIMTAB_ACCESS_MODE=keys \
  TRIMTAB_DATA=/data \
  TRIMTAB_POLICIES=/etc/trimtab/policies
USER node
WORKDIR /etc/trimtab
VOLUME /data
EXPOSE 8787
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.TRIMTAB_PORT}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# V8 would drop the code it compiled after ten quiet seconds: the requests that come then take up to four times as long.
ENTRYPOINT ["node", "--no-memory-reducer", "/app/dist/cli.js"]
CMD ["serve"]
