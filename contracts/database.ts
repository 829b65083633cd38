// Made by `npm run types` from supabase/schemas: do not edit.
export type Json =
  | string
  | number
  | boolean
  | null
  | { [key: string]: Json | undefined }
  | Json[]

export type Database = {
  public: {
    Tables: {
      agents: {
        Row: {
          default_limits: NonNullable<Json>
          description: string
          id: string
          name: string
        }
        Insert: {
          default_limits: NonNullable<Json>
          description: string
          id: string
          name: string
        }
        Update: {
          default_limits?: NonNullable<Json>
          description?: string
          id?: string
          name?: string
        }
        Relationships: []
      }
      alerts: {
        Row: {
          details: NonNullable<Json>
          id: string
          kind: string
          message: string
          persona_id: string | null
          raised_at: string
          resolved_at: string | null
          resolved_by: string | null
          workspace_id: string | null
        }
        Insert: {
          details?: NonNullable<Json>
          id?: string
          kind: string
          message: string
          persona_id?: string | null
          raised_at?: string
          resolved_at?: string | null
          resolved_by?: string | null
          workspace_id?: string | null
        }
        Update: {
          details?: NonNullable<Json>
          id?: string
          kind?: string
          message?: string
          persona_id?: string | null
          raised_at?: string
          resolved_at?: string | null
          resolved_by?: string | null
          workspace_id?: string | null
        }
        Relationships: [
          {
            foreignKeyName: "alerts_persona_id_fkey"
            columns: ["persona_id"]
            referencedRelation: "personas"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "alerts_resolved_by_fkey"
            columns: ["resolved_by"]
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "alerts_workspace_id_fkey"
            columns: ["workspace_id"]
            referencedRelation: "workspaces"
            referencedColumns: ["id"]
          },
        ]
      }
      api_keys: {
        Row: {
          created_at: string
          expires_at: string | null
          id: string
          key_hash: string
          last_used_at: string | null
          name: string
          prefix: string
          revoked_at: string | null
          scopes: string[]
          user_id: string
          workspace_id: string | null
        }
        Insert: {
          created_at?: string
          expires_at?: string | null
          id?: string
          key_hash: string
          last_used_at?: string | null
          name: string
          prefix: string
          revoked_at?: string | null
          scopes: string[]
          user_id: string
          workspace_id?: string | null
        }
        Update: {
          created_at?: string
          expires_at?: string | null
          id?: string
          key_hash?: string
          last_used_at?: string | null
          name?: string
          prefix?: string
          revoked_at?: string | null
          scopes?: string[]
          user_id?: string
          workspace_id?: string | null
        }
        Relationships: [
          {
            foreignKeyName: "api_keys_user_id_fkey"
            columns: ["user_id"]
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "api_keys_workspace_id_fkey"
            columns: ["workspace_id"]
            referencedRelation: "workspaces"
            referencedColumns: ["id"]
          },
        ]
      }
      approvals: {
        Row: {
          answer: string | null
          arguments: NonNullable<Json>
          arguments_hash: string
          created_at: string
          decided_at: string | null
          decided_by: string | null
          decision: string | null
          expires_at: string
          id: string
          kind: string
          options: NonNullable<Json>
          persona_id: string
          question: string
          run_id: string
          status: string
          tool_name: string
          tool_run_id: string
          workspace_id: string
        }
        Insert: {
          answer?: string | null
          arguments: NonNullable<Json>
          arguments_hash: string
          created_at?: string
          decided_at?: string | null
          decided_by?: string | null
          decision?: string | null
          expires_at: string
          id?: string
          kind: string
          options?: NonNullable<Json>
          persona_id: string
          question: string
          run_id: string
          status?: string
          tool_name: string
          tool_run_id: string
          workspace_id: string
        }
        Update: {
          answer?: string | null
          arguments?: NonNullable<Json>
          arguments_hash?: string
          created_at?: string
          decided_at?: string | null
          decided_by?: string | null
          decision?: string | null
          expires_at?: string
          id?: string
          kind?: string
          options?: NonNullable<Json>
          persona_id?: string
          question?: string
          run_id?: string
          status?: string
          tool_name?: string
          tool_run_id?: string
          workspace_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "approvals_decided_by_fkey"
            columns: ["decided_by"]
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "approvals_persona_id_fkey"
            columns: ["persona_id"]
            referencedRelation: "personas"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "approvals_run_id_fkey"
            columns: ["run_id"]
            referencedRelation: "runs"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "approvals_tool_run_id_fkey"
            columns: ["tool_run_id"]
            referencedRelation: "tool_runs"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "approvals_workspace_id_fkey"
            columns: ["workspace_id"]
            referencedRelation: "workspaces"
            referencedColumns: ["id"]
          },
        ]
      }
      artifacts: {
        Row: {
          content_type: string
          created_at: string
          id: string
          name: string
          path: string
          persona_id: string
          run_id: string
          sha256: string
          size: number
          tool_run_id: string | null
          workspace_id: string
        }
        Insert: {
          content_type: string
          created_at?: string
          id?: string
          name: string
          path: string
          persona_id: string
          run_id: string
          sha256: string
          size: number
          tool_run_id?: string | null
          workspace_id: string
        }
        Update: {
          content_type?: string
          created_at?: string
          id?: string
          name?: string
          path?: string
          persona_id?: string
          run_id?: string
          sha256?: string
          size?: number
          tool_run_id?: string | null
          workspace_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "artifacts_persona_id_fkey"
            columns: ["persona_id"]
            referencedRelation: "personas"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "artifacts_run_id_fkey"
            columns: ["run_id"]
            referencedRelation: "runs"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "artifacts_tool_run_id_fkey"
            columns: ["tool_run_id"]
            referencedRelation: "tool_runs"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "artifacts_workspace_id_fkey"
            columns: ["workspace_id"]
            referencedRelation: "workspaces"
            referencedColumns: ["id"]
          },
        ]
      }
      attachments: {
        Row: {
          content_type: string
          created_at: string
          email_id: string | null
          id: string
          name: string
          path: string
          persona_id: string
          sha256: string
          size: number
          workspace_id: string
        }
        Insert: {
          content_type: string
          created_at?: string
          email_id?: string | null
          id?: string
          name: string
          path: string
          persona_id: string
          sha256: string
          size: number
          workspace_id: string
        }
        Update: {
          content_type?: string
          created_at?: string
          email_id?: string | null
          id?: string
          name?: string
          path?: string
          persona_id?: string
          sha256?: string
          size?: number
          workspace_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "attachments_email_id_fkey"
            columns: ["email_id"]
            referencedRelation: "emails"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "attachments_persona_id_fkey"
            columns: ["persona_id"]
            referencedRelation: "personas"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "attachments_workspace_id_fkey"
            columns: ["workspace_id"]
            referencedRelation: "workspaces"
            referencedColumns: ["id"]
          },
        ]
      }
      audit_events: {
        Row: {
          action: string
          actor_id: string | null
          actor_type: string
          at: string
          content_hash: string | null
          content_salt: string | null
          data: NonNullable<Json>
          erased_at: string | null
          hash: string
          id: string
          persona_id: string | null
          prev_hash: string
          run_id: string | null
          seq: number
          trace_id: string | null
          workspace_id: string
        }
        Insert: {
          action: string
          actor_id?: string | null
          actor_type: string
          at: string
          content_hash?: string | null
          content_salt?: string | null
          data: NonNullable<Json>
          erased_at?: string | null
          hash: string
          id: string
          persona_id?: string | null
          prev_hash: string
          run_id?: string | null
          seq: number
          trace_id?: string | null
          workspace_id: string
        }
        Update: {
          action?: string
          actor_id?: string | null
          actor_type?: string
          at?: string
          content_hash?: string | null
          content_salt?: string | null
          data?: NonNullable<Json>
          erased_at?: string | null
          hash?: string
          id?: string
          persona_id?: string | null
          prev_hash?: string
          run_id?: string | null
          seq?: number
          trace_id?: string | null
          workspace_id?: string
        }
        Relationships: []
      }
      audit_statements: {
        Row: {
          n: number
          published_at: string | null
          signature: string
          statement: string
        }
        Insert: {
          n: number
          published_at?: string | null
          signature: string
          statement: string
        }
        Update: {
          n?: number
          published_at?: string | null
          signature?: string
          statement?: string
        }
        Relationships: []
      }
      chunks: {
        Row: {
          created_at: string
          document_id: string
          embedding: string | null
          embedding_model: string | null
          id: string
          is_summary: boolean
          location: NonNullable<Json>
          persona_id: string
          position: number
          text: string
        }
        Insert: {
          created_at?: string
          document_id: string
          embedding?: string | null
          embedding_model?: string | null
          id?: string
          is_summary?: boolean
          location?: NonNullable<Json>
          persona_id: string
          position: number
          text: string
        }
        Update: {
          created_at?: string
          document_id?: string
          embedding?: string | null
          embedding_model?: string | null
          id?: string
          is_summary?: boolean
          location?: NonNullable<Json>
          persona_id?: string
          position?: number
          text?: string
        }
        Relationships: [
          {
            foreignKeyName: "chunks_document_id_fkey"
            columns: ["document_id"]
            referencedRelation: "documents"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "chunks_persona_id_fkey"
            columns: ["persona_id"]
            referencedRelation: "personas"
            referencedColumns: ["id"]
          },
        ]
      }
      connectors: {
        Row: {
          created_at: string
          id: string
          kind: string
          name: string
          persona_id: string | null
          secret_id: string | null
          settings: NonNullable<Json>
          workspace_id: string
        }
        Insert: {
          created_at?: string
          id?: string
          kind: string
          name: string
          persona_id?: string | null
          secret_id?: string | null
          settings?: NonNullable<Json>
          workspace_id: string
        }
        Update: {
          created_at?: string
          id?: string
          kind?: string
          name?: string
          persona_id?: string | null
          secret_id?: string | null
          settings?: NonNullable<Json>
          workspace_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "connectors_persona_id_fkey"
            columns: ["persona_id"]
            referencedRelation: "personas"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "connectors_secret_id_fkey"
            columns: ["secret_id"]
            referencedRelation: "secrets"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "connectors_workspace_id_fkey"
            columns: ["workspace_id"]
            referencedRelation: "workspaces"
            referencedColumns: ["id"]
          },
        ]
      }
      conversation_messages: {
        Row: {
          attachments: NonNullable<Json>
          conversation_id: string
          created_at: string
          created_by: string | null
          id: string
          idempotency_key: string | null
          input: string
          persona_id: string
          position: number
          run_id: string
          taken_at: string | null
          taken_segment: number | null
          workspace_id: string
        }
        Insert: {
          attachments?: NonNullable<Json>
          conversation_id: string
          created_at?: string
          created_by?: string | null
          id?: string
          idempotency_key?: string | null
          input: string
          persona_id: string
          position?: never
          run_id: string
          taken_at?: string | null
          taken_segment?: number | null
          workspace_id: string
        }
        Update: {
          attachments?: NonNullable<Json>
          conversation_id?: string
          created_at?: string
          created_by?: string | null
          id?: string
          idempotency_key?: string | null
          input?: string
          persona_id?: string
          position?: never
          run_id?: string
          taken_at?: string | null
          taken_segment?: number | null
          workspace_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "conversation_messages_conversation_id_fkey"
            columns: ["conversation_id"]
            referencedRelation: "conversations"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "conversation_messages_created_by_fkey"
            columns: ["created_by"]
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
      conversations: {
        Row: {
          archived_at: string | null
          created_at: string
          created_by: string | null
          id: string
          last_activity_at: string
          persona_id: string
          title: string
          workspace_id: string
        }
        Insert: {
          archived_at?: string | null
          created_at?: string
          created_by?: string | null
          id?: string
          last_activity_at?: string
          persona_id: string
          title: string
          workspace_id: string
        }
        Update: {
          archived_at?: string | null
          created_at?: string
          created_by?: string | null
          id?: string
          last_activity_at?: string
          persona_id?: string
          title?: string
          workspace_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "conversations_created_by_fkey"
            columns: ["created_by"]
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "conversations_persona_id_fkey"
            columns: ["persona_id"]
            referencedRelation: "personas"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "conversations_workspace_id_fkey"
            columns: ["workspace_id"]
            referencedRelation: "workspaces"
            referencedColumns: ["id"]
          },
        ]
      }
      documents: {
        Row: {
          content_type: string
          created_at: string
          created_by: string | null
          error: string | null
          id: string
          name: string
          path: string
          persona_id: string
          sha256: string
          size: number
          status: string
          workspace_id: string
        }
        Insert: {
          content_type: string
          created_at?: string
          created_by?: string | null
          error?: string | null
          id?: string
          name: string
          path: string
          persona_id: string
          sha256: string
          size: number
          status?: string
          workspace_id: string
        }
        Update: {
          content_type?: string
          created_at?: string
          created_by?: string | null
          error?: string | null
          id?: string
          name?: string
          path?: string
          persona_id?: string
          sha256?: string
          size?: number
          status?: string
          workspace_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "documents_created_by_fkey"
            columns: ["created_by"]
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "documents_persona_id_fkey"
            columns: ["persona_id"]
            referencedRelation: "personas"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "documents_workspace_id_fkey"
            columns: ["workspace_id"]
            referencedRelation: "workspaces"
            referencedColumns: ["id"]
          },
        ]
      }
      emails: {
        Row: {
          body_text: string
          cc: string[]
          connector_id: string | null
          created_at: string
          direction: string
          error: Json | null
          id: string
          message_id: string
          persona_id: string
          recipients: string[]
          rejected: string[]
          run_id: string | null
          sender: string
          sent_at: string | null
          status: string
          subject: string
          thread_id: string | null
          workspace_id: string
        }
        Insert: {
          body_text?: string
          cc?: string[]
          connector_id?: string | null
          created_at?: string
          direction: string
          error?: Json | null
          id?: string
          message_id: string
          persona_id: string
          recipients: string[]
          rejected?: string[]
          run_id?: string | null
          sender: string
          sent_at?: string | null
          status?: string
          subject?: string
          thread_id?: string | null
          workspace_id: string
        }
        Update: {
          body_text?: string
          cc?: string[]
          connector_id?: string | null
          created_at?: string
          direction?: string
          error?: Json | null
          id?: string
          message_id?: string
          persona_id?: string
          recipients?: string[]
          rejected?: string[]
          run_id?: string | null
          sender?: string
          sent_at?: string | null
          status?: string
          subject?: string
          thread_id?: string | null
          workspace_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "emails_connector_id_fkey"
            columns: ["connector_id"]
            referencedRelation: "connectors"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "emails_persona_id_fkey"
            columns: ["persona_id"]
            referencedRelation: "personas"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "emails_run_id_fkey"
            columns: ["run_id"]
            referencedRelation: "runs"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "emails_workspace_id_fkey"
            columns: ["workspace_id"]
            referencedRelation: "workspaces"
            referencedColumns: ["id"]
          },
        ]
      }
      llm_calls: {
        Row: {
          cost: number
          created_at: string
          error: Json | null
          finished_at: string | null
          first_token_ms: number | null
          id: string
          input_tokens: number
          latency_ms: number | null
          model: string
          output_tokens: number
          persona_id: string
          provider: string
          reserved_cost: number
          run_id: string
          scopes: string[]
          segment: number
          status: string
          trace_id: string
          workspace_id: string
        }
        Insert: {
          cost?: number
          created_at?: string
          error?: Json | null
          finished_at?: string | null
          first_token_ms?: number | null
          id?: string
          input_tokens?: number
          latency_ms?: number | null
          model: string
          output_tokens?: number
          persona_id: string
          provider: string
          reserved_cost: number
          run_id: string
          scopes?: string[]
          segment: number
          status?: string
          trace_id: string
          workspace_id: string
        }
        Update: {
          cost?: number
          created_at?: string
          error?: Json | null
          finished_at?: string | null
          first_token_ms?: number | null
          id?: string
          input_tokens?: number
          latency_ms?: number | null
          model?: string
          output_tokens?: number
          persona_id?: string
          provider?: string
          reserved_cost?: number
          run_id?: string
          scopes?: string[]
          segment?: number
          status?: string
          trace_id?: string
          workspace_id?: string
        }
        Relationships: []
      }
      llm_providers: {
        Row: {
          api_key_secret_id: string | null
          base_url: string
          created_at: string
          id: string
          is_default: boolean
          leave_out: string[]
          models: string[]
          name: string
          vision_models: string[]
          workspace_id: string
        }
        Insert: {
          api_key_secret_id?: string | null
          base_url: string
          created_at?: string
          id?: string
          is_default?: boolean
          leave_out?: string[]
          models?: string[]
          name: string
          vision_models?: string[]
          workspace_id: string
        }
        Update: {
          api_key_secret_id?: string | null
          base_url?: string
          created_at?: string
          id?: string
          is_default?: boolean
          leave_out?: string[]
          models?: string[]
          name?: string
          vision_models?: string[]
          workspace_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "llm_providers_api_key_secret_id_fkey"
            columns: ["api_key_secret_id"]
            referencedRelation: "secrets"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "llm_providers_workspace_id_fkey"
            columns: ["workspace_id"]
            referencedRelation: "workspaces"
            referencedColumns: ["id"]
          },
        ]
      }
      model_prices: {
        Row: {
          currency: string
          input_per_million: number
          model: string
          output_per_million: number
          source: string
          updated_at: string
          workspace_id: string | null
        }
        Insert: {
          currency?: string
          input_per_million: number
          model: string
          output_per_million: number
          source: string
          updated_at?: string
          workspace_id?: string | null
        }
        Update: {
          currency?: string
          input_per_million?: number
          model?: string
          output_per_million?: number
          source?: string
          updated_at?: string
          workspace_id?: string | null
        }
        Relationships: [
          {
            foreignKeyName: "model_prices_workspace_id_fkey"
            columns: ["workspace_id"]
            referencedRelation: "workspaces"
            referencedColumns: ["id"]
          },
        ]
      }
      persona_members: {
        Row: {
          created_at: string
          persona_id: string
          role: string
          user_id: string
          workspace_id: string
        }
        Insert: {
          created_at?: string
          persona_id: string
          role: string
          user_id: string
          workspace_id: string
        }
        Update: {
          created_at?: string
          persona_id?: string
          role?: string
          user_id?: string
          workspace_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "persona_members_persona_id_fkey"
            columns: ["persona_id"]
            referencedRelation: "personas"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "persona_members_user_id_fkey"
            columns: ["user_id"]
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "persona_members_workspace_id_fkey"
            columns: ["workspace_id"]
            referencedRelation: "workspaces"
            referencedColumns: ["id"]
          },
        ]
      }
      persona_tools: {
        Row: {
          conditions: NonNullable<Json>
          granted_secrets: string[]
          is_enabled: boolean
          persona_id: string
          policy: string
          tool_id: string
          updated_at: string
          workspace_id: string
        }
        Insert: {
          conditions?: NonNullable<Json>
          granted_secrets?: string[]
          is_enabled?: boolean
          persona_id: string
          policy?: string
          tool_id: string
          updated_at?: string
          workspace_id: string
        }
        Update: {
          conditions?: NonNullable<Json>
          granted_secrets?: string[]
          is_enabled?: boolean
          persona_id?: string
          policy?: string
          tool_id?: string
          updated_at?: string
          workspace_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "persona_tools_persona_id_fkey"
            columns: ["persona_id"]
            referencedRelation: "personas"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "persona_tools_tool_id_fkey"
            columns: ["tool_id"]
            referencedRelation: "tools"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "persona_tools_workspace_id_fkey"
            columns: ["workspace_id"]
            referencedRelation: "workspaces"
            referencedColumns: ["id"]
          },
        ]
      }
      persona_versions: {
        Row: {
          agent_id: string
          allowed_hosts: string[]
          created_at: string
          created_by: string | null
          id: string
          instructions: string
          limits: NonNullable<Json>
          model: NonNullable<Json>
          note: string
          number: number
          persona_id: string
          workspace_id: string
        }
        Insert: {
          agent_id: string
          allowed_hosts?: string[]
          created_at?: string
          created_by?: string | null
          id?: string
          instructions: string
          limits: NonNullable<Json>
          model: NonNullable<Json>
          note?: string
          number: number
          persona_id: string
          workspace_id: string
        }
        Update: {
          agent_id?: string
          allowed_hosts?: string[]
          created_at?: string
          created_by?: string | null
          id?: string
          instructions?: string
          limits?: NonNullable<Json>
          model?: NonNullable<Json>
          note?: string
          number?: number
          persona_id?: string
          workspace_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "persona_versions_agent_id_fkey"
            columns: ["agent_id"]
            referencedRelation: "agents"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "persona_versions_created_by_fkey"
            columns: ["created_by"]
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "persona_versions_persona_id_fkey"
            columns: ["persona_id"]
            referencedRelation: "personas"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "persona_versions_workspace_id_fkey"
            columns: ["workspace_id"]
            referencedRelation: "workspaces"
            referencedColumns: ["id"]
          },
        ]
      }
      personas: {
        Row: {
          color: string
          created_at: string
          created_by: string | null
          current_version_id: string | null
          description: string
          examples: string[]
          icon: string
          id: string
          name: string
          status: string
          updated_at: string
          visibility: string
          workspace_id: string
        }
        Insert: {
          color?: string
          created_at?: string
          created_by?: string | null
          current_version_id?: string | null
          description?: string
          examples?: string[]
          icon?: string
          id?: string
          name: string
          status?: string
          updated_at?: string
          visibility?: string
          workspace_id: string
        }
        Update: {
          color?: string
          created_at?: string
          created_by?: string | null
          current_version_id?: string | null
          description?: string
          examples?: string[]
          icon?: string
          id?: string
          name?: string
          status?: string
          updated_at?: string
          visibility?: string
          workspace_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "personas_created_by_fkey"
            columns: ["created_by"]
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "personas_current_version_fk"
            columns: ["current_version_id"]
            referencedRelation: "persona_versions"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "personas_workspace_id_fkey"
            columns: ["workspace_id"]
            referencedRelation: "workspaces"
            referencedColumns: ["id"]
          },
        ]
      }
      profiles: {
        Row: {
          created_at: string
          display_name: string
          email: string
          id: string
          is_platform_admin: boolean
          notify_by_mail: boolean
        }
        Insert: {
          created_at?: string
          display_name?: string
          email: string
          id: string
          is_platform_admin?: boolean
          notify_by_mail?: boolean
        }
        Update: {
          created_at?: string
          display_name?: string
          email?: string
          id?: string
          is_platform_admin?: boolean
          notify_by_mail?: boolean
        }
        Relationships: []
      }
      provider_tests: {
        Row: {
          api_key: Json | null
          attempts: number
          base_url: string
          created_at: string
          created_by: string | null
          finished_at: string | null
          id: string
          leased_until: string | null
          leave_out: string[]
          model: string | null
          name: string
          result: Json | null
          workspace_id: string
        }
        Insert: {
          api_key?: Json | null
          attempts?: number
          base_url: string
          created_at?: string
          created_by?: string | null
          finished_at?: string | null
          id?: string
          leased_until?: string | null
          leave_out?: string[]
          model?: string | null
          name: string
          result?: Json | null
          workspace_id: string
        }
        Update: {
          api_key?: Json | null
          attempts?: number
          base_url?: string
          created_at?: string
          created_by?: string | null
          finished_at?: string | null
          id?: string
          leased_until?: string | null
          leave_out?: string[]
          model?: string | null
          name?: string
          result?: Json | null
          workspace_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "provider_tests_created_by_fkey"
            columns: ["created_by"]
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "provider_tests_workspace_id_fkey"
            columns: ["workspace_id"]
            referencedRelation: "workspaces"
            referencedColumns: ["id"]
          },
        ]
      }
      run_steps: {
        Row: {
          created_at: string
          data: NonNullable<Json>
          duration_ms: number | null
          kind: string
          persona_id: string
          run_id: string
          seq: number
        }
        Insert: {
          created_at?: string
          data: NonNullable<Json>
          duration_ms?: number | null
          kind: string
          persona_id: string
          run_id: string
          seq: number
        }
        Update: {
          created_at?: string
          data?: NonNullable<Json>
          duration_ms?: number | null
          kind?: string
          persona_id?: string
          run_id?: string
          seq?: number
        }
        Relationships: []
      }
      runs: {
        Row: {
          added_input: string | null
          attachments: NonNullable<Json>
          attempts: number
          checkpoint_id: string | null
          conversation_id: string | null
          cost: number
          created_at: string
          created_by: string | null
          deadline_at: string | null
          due_at: string | null
          error: Json | null
          fence: number
          finished_at: string | null
          forked_segment: number | null
          id: string
          idempotency_key: string | null
          idle_segments: number
          input: string
          input_tokens: number
          lane: string
          model_calls: number
          model_override: Json | null
          msg_id: number | null
          output: string | null
          output_tokens: number
          parent_run_id: string | null
          persona_id: string
          persona_version_id: string
          plan: NonNullable<Json>
          previous_run_id: string | null
          progress_at: string
          reason: string | null
          replaced_by: string | null
          schedule_id: string | null
          segment: number
          source: string
          started_at: string | null
          status: string
          step_count: number
          title: string | null
          trace_id: string
          turn: number | null
          waiting_for: string | null
          worker: string | null
          workspace_id: string
        }
        Insert: {
          added_input?: string | null
          attachments?: NonNullable<Json>
          attempts?: number
          checkpoint_id?: string | null
          conversation_id?: string | null
          cost?: number
          created_at?: string
          created_by?: string | null
          deadline_at?: string | null
          due_at?: string | null
          error?: Json | null
          fence?: number
          finished_at?: string | null
          forked_segment?: number | null
          id?: string
          idempotency_key?: string | null
          idle_segments?: number
          input: string
          input_tokens?: number
          lane?: string
          model_calls?: number
          model_override?: Json | null
          msg_id?: number | null
          output?: string | null
          output_tokens?: number
          parent_run_id?: string | null
          persona_id: string
          persona_version_id: string
          plan?: NonNullable<Json>
          previous_run_id?: string | null
          progress_at?: string
          reason?: string | null
          replaced_by?: string | null
          schedule_id?: string | null
          segment?: number
          source?: string
          started_at?: string | null
          status?: string
          step_count?: number
          title?: string | null
          trace_id: string
          turn?: number | null
          waiting_for?: string | null
          worker?: string | null
          workspace_id: string
        }
        Update: {
          added_input?: string | null
          attachments?: NonNullable<Json>
          attempts?: number
          checkpoint_id?: string | null
          conversation_id?: string | null
          cost?: number
          created_at?: string
          created_by?: string | null
          deadline_at?: string | null
          due_at?: string | null
          error?: Json | null
          fence?: number
          finished_at?: string | null
          forked_segment?: number | null
          id?: string
          idempotency_key?: string | null
          idle_segments?: number
          input?: string
          input_tokens?: number
          lane?: string
          model_calls?: number
          model_override?: Json | null
          msg_id?: number | null
          output?: string | null
          output_tokens?: number
          parent_run_id?: string | null
          persona_id?: string
          persona_version_id?: string
          plan?: NonNullable<Json>
          previous_run_id?: string | null
          progress_at?: string
          reason?: string | null
          replaced_by?: string | null
          schedule_id?: string | null
          segment?: number
          source?: string
          started_at?: string | null
          status?: string
          step_count?: number
          title?: string | null
          trace_id?: string
          turn?: number | null
          waiting_for?: string | null
          worker?: string | null
          workspace_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "runs_conversation_id_fkey"
            columns: ["conversation_id"]
            referencedRelation: "conversations"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "runs_created_by_fkey"
            columns: ["created_by"]
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "runs_parent_run_id_fkey"
            columns: ["parent_run_id"]
            referencedRelation: "runs"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "runs_persona_id_fkey"
            columns: ["persona_id"]
            referencedRelation: "personas"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "runs_previous_run_id_fkey"
            columns: ["previous_run_id"]
            referencedRelation: "runs"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "runs_replaced_by_fkey"
            columns: ["replaced_by"]
            referencedRelation: "runs"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "runs_schedule_id_fkey"
            columns: ["schedule_id"]
            referencedRelation: "schedules"
            referencedColumns: ["id"]
          },
        ]
      }
      schedules: {
        Row: {
          approved_in_advance: NonNullable<Json>
          created_at: string
          created_by: string | null
          cron: string
          id: string
          input: string
          is_paused: boolean
          last_at: string | null
          missed: string
          name: string
          next_at: string | null
          persona_id: string
          time_zone: string
          workspace_id: string
        }
        Insert: {
          approved_in_advance?: NonNullable<Json>
          created_at?: string
          created_by?: string | null
          cron: string
          id?: string
          input: string
          is_paused?: boolean
          last_at?: string | null
          missed?: string
          name: string
          next_at?: string | null
          persona_id: string
          time_zone?: string
          workspace_id: string
        }
        Update: {
          approved_in_advance?: NonNullable<Json>
          created_at?: string
          created_by?: string | null
          cron?: string
          id?: string
          input?: string
          is_paused?: boolean
          last_at?: string | null
          missed?: string
          name?: string
          next_at?: string | null
          persona_id?: string
          time_zone?: string
          workspace_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "schedules_created_by_fkey"
            columns: ["created_by"]
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "schedules_persona_id_fkey"
            columns: ["persona_id"]
            referencedRelation: "personas"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "schedules_workspace_id_fkey"
            columns: ["workspace_id"]
            referencedRelation: "workspaces"
            referencedColumns: ["id"]
          },
        ]
      }
      secrets: {
        Row: {
          ciphertext: string
          created_at: string
          created_by: string | null
          id: string
          key_id: string
          name: string
          nonce: string
          updated_at: string
          workspace_id: string
        }
        Insert: {
          ciphertext: string
          created_at?: string
          created_by?: string | null
          id?: string
          key_id: string
          name: string
          nonce: string
          updated_at?: string
          workspace_id: string
        }
        Update: {
          ciphertext?: string
          created_at?: string
          created_by?: string | null
          id?: string
          key_id?: string
          name?: string
          nonce?: string
          updated_at?: string
          workspace_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "secrets_created_by_fkey"
            columns: ["created_by"]
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "secrets_workspace_id_fkey"
            columns: ["workspace_id"]
            referencedRelation: "workspaces"
            referencedColumns: ["id"]
          },
        ]
      }
      standing_approvals: {
        Row: {
          approval_id: string | null
          argument_names: string[]
          conditions: NonNullable<Json>
          created_at: string
          created_by: string
          expires_at: string
          id: string
          last_used_at: string | null
          max_uses: number
          persona_id: string
          revoked_at: string | null
          revoked_by: string | null
          tool_id: string
          tool_name: string
          uses: number
          workspace_id: string
        }
        Insert: {
          approval_id?: string | null
          argument_names: string[]
          conditions: NonNullable<Json>
          created_at?: string
          created_by: string
          expires_at: string
          id?: string
          last_used_at?: string | null
          max_uses: number
          persona_id: string
          revoked_at?: string | null
          revoked_by?: string | null
          tool_id: string
          tool_name: string
          uses?: number
          workspace_id: string
        }
        Update: {
          approval_id?: string | null
          argument_names?: string[]
          conditions?: NonNullable<Json>
          created_at?: string
          created_by?: string
          expires_at?: string
          id?: string
          last_used_at?: string | null
          max_uses?: number
          persona_id?: string
          revoked_at?: string | null
          revoked_by?: string | null
          tool_id?: string
          tool_name?: string
          uses?: number
          workspace_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "standing_approvals_approval_id_fkey"
            columns: ["approval_id"]
            referencedRelation: "approvals"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "standing_approvals_created_by_fkey"
            columns: ["created_by"]
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "standing_approvals_persona_id_fkey"
            columns: ["persona_id"]
            referencedRelation: "personas"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "standing_approvals_revoked_by_fkey"
            columns: ["revoked_by"]
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "standing_approvals_tool_id_fkey"
            columns: ["tool_id"]
            referencedRelation: "tools"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "standing_approvals_workspace_id_fkey"
            columns: ["workspace_id"]
            referencedRelation: "workspaces"
            referencedColumns: ["id"]
          },
        ]
      }
      tool_dependencies: {
        Row: {
          depends_on_id: string
          tool_id: string
        }
        Insert: {
          depends_on_id: string
          tool_id: string
        }
        Update: {
          depends_on_id?: string
          tool_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "tool_dependencies_depends_on_id_fkey"
            columns: ["depends_on_id"]
            referencedRelation: "tools"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "tool_dependencies_tool_id_fkey"
            columns: ["tool_id"]
            referencedRelation: "tools"
            referencedColumns: ["id"]
          },
        ]
      }
      tool_runs: {
        Row: {
          arguments: NonNullable<Json>
          arguments_hash: string
          attempt: number
          call_id: string
          created_at: string
          duration_ms: number | null
          effect: string
          error: Json | null
          finished_at: string | null
          id: string
          msg_id: number | null
          output: Json | null
          output_path: string | null
          parts: Json | null
          persona_id: string
          position: number
          run_id: string
          segment: number
          started_at: string | null
          status: string
          tool_id: string | null
          tool_name: string
          workspace_id: string
        }
        Insert: {
          arguments: NonNullable<Json>
          arguments_hash: string
          attempt?: number
          call_id: string
          created_at?: string
          duration_ms?: number | null
          effect: string
          error?: Json | null
          finished_at?: string | null
          id?: string
          msg_id?: number | null
          output?: Json | null
          output_path?: string | null
          parts?: Json | null
          persona_id: string
          position: number
          run_id: string
          segment: number
          started_at?: string | null
          status: string
          tool_id?: string | null
          tool_name: string
          workspace_id: string
        }
        Update: {
          arguments?: NonNullable<Json>
          arguments_hash?: string
          attempt?: number
          call_id?: string
          created_at?: string
          duration_ms?: number | null
          effect?: string
          error?: Json | null
          finished_at?: string | null
          id?: string
          msg_id?: number | null
          output?: Json | null
          output_path?: string | null
          parts?: Json | null
          persona_id?: string
          position?: number
          run_id?: string
          segment?: number
          started_at?: string | null
          status?: string
          tool_id?: string | null
          tool_name?: string
          workspace_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "tool_runs_tool_id_fkey"
            columns: ["tool_id"]
            referencedRelation: "tools"
            referencedColumns: ["id"]
          },
        ]
      }
      tools: {
        Row: {
          code: string | null
          created_at: string
          description: string
          effect: string
          embedding: string | null
          embedding_model: string | null
          examples: NonNullable<Json>
          group_name: string
          id: string
          input_schema: NonNullable<Json>
          is_enabled: boolean
          language: string | null
          name: string
          needs: string[]
          output_schema: NonNullable<Json>
          reconciles: boolean
          runs: string
          secrets: string[]
          timeout_seconds: number
          updated_at: string
          view: Json | null
          works: boolean | null
          works_note: string | null
          workspace_id: string | null
        }
        Insert: {
          code?: string | null
          created_at?: string
          description: string
          effect: string
          embedding?: string | null
          embedding_model?: string | null
          examples?: NonNullable<Json>
          group_name: string
          id?: string
          input_schema: NonNullable<Json>
          is_enabled?: boolean
          language?: string | null
          name: string
          needs?: string[]
          output_schema: NonNullable<Json>
          reconciles?: boolean
          runs: string
          secrets?: string[]
          timeout_seconds: number
          updated_at?: string
          view?: Json | null
          works?: boolean | null
          works_note?: string | null
          workspace_id?: string | null
        }
        Update: {
          code?: string | null
          created_at?: string
          description?: string
          effect?: string
          embedding?: string | null
          embedding_model?: string | null
          examples?: NonNullable<Json>
          group_name?: string
          id?: string
          input_schema?: NonNullable<Json>
          is_enabled?: boolean
          language?: string | null
          name?: string
          needs?: string[]
          output_schema?: NonNullable<Json>
          reconciles?: boolean
          runs?: string
          secrets?: string[]
          timeout_seconds?: number
          updated_at?: string
          view?: Json | null
          works?: boolean | null
          works_note?: string | null
          workspace_id?: string | null
        }
        Relationships: [
          {
            foreignKeyName: "tools_workspace_id_fkey"
            columns: ["workspace_id"]
            referencedRelation: "workspaces"
            referencedColumns: ["id"]
          },
        ]
      }
      webhook_deliveries: {
        Row: {
          attempts: number
          created_at: string
          delivery_id: string
          endpoint_id: string
          error: string | null
          event: string
          fingerprint: string | null
          id: string
          msg_id: number | null
          next_at: string | null
          payload: NonNullable<Json>
          response_status: number | null
          run_id: string | null
          status: string
          workspace_id: string
        }
        Insert: {
          attempts?: number
          created_at?: string
          delivery_id: string
          endpoint_id: string
          error?: string | null
          event: string
          fingerprint?: string | null
          id?: string
          msg_id?: number | null
          next_at?: string | null
          payload: NonNullable<Json>
          response_status?: number | null
          run_id?: string | null
          status: string
          workspace_id: string
        }
        Update: {
          attempts?: number
          created_at?: string
          delivery_id?: string
          endpoint_id?: string
          error?: string | null
          event?: string
          fingerprint?: string | null
          id?: string
          msg_id?: number | null
          next_at?: string | null
          payload?: NonNullable<Json>
          response_status?: number | null
          run_id?: string | null
          status?: string
          workspace_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "webhook_deliveries_endpoint_id_fkey"
            columns: ["endpoint_id"]
            referencedRelation: "webhook_endpoints"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "webhook_deliveries_run_id_fkey"
            columns: ["run_id"]
            referencedRelation: "runs"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "webhook_deliveries_workspace_id_fkey"
            columns: ["workspace_id"]
            referencedRelation: "workspaces"
            referencedColumns: ["id"]
          },
        ]
      }
      webhook_endpoints: {
        Row: {
          created_at: string
          created_by: string | null
          direction: string
          disabled_reason: string | null
          events: string[]
          failing_since: string | null
          id: string
          input_template: string | null
          is_enabled: boolean
          name: string
          persona_id: string | null
          rejected: number
          rejected_in: string | null
          scheme: string
          secret_id: string | null
          url: string | null
          workspace_id: string
        }
        Insert: {
          created_at?: string
          created_by?: string | null
          direction: string
          disabled_reason?: string | null
          events?: string[]
          failing_since?: string | null
          id?: string
          input_template?: string | null
          is_enabled?: boolean
          name: string
          persona_id?: string | null
          rejected?: number
          rejected_in?: string | null
          scheme?: string
          secret_id?: string | null
          url?: string | null
          workspace_id: string
        }
        Update: {
          created_at?: string
          created_by?: string | null
          direction?: string
          disabled_reason?: string | null
          events?: string[]
          failing_since?: string | null
          id?: string
          input_template?: string | null
          is_enabled?: boolean
          name?: string
          persona_id?: string | null
          rejected?: number
          rejected_in?: string | null
          scheme?: string
          secret_id?: string | null
          url?: string | null
          workspace_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "webhook_endpoints_created_by_fkey"
            columns: ["created_by"]
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "webhook_endpoints_persona_id_fkey"
            columns: ["persona_id"]
            referencedRelation: "personas"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "webhook_endpoints_secret_id_fkey"
            columns: ["secret_id"]
            referencedRelation: "secrets"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "webhook_endpoints_workspace_id_fkey"
            columns: ["workspace_id"]
            referencedRelation: "workspaces"
            referencedColumns: ["id"]
          },
        ]
      }
      workspace_invitations: {
        Row: {
          accepted_at: string | null
          created_at: string
          email: string
          expires_at: string
          id: string
          invited_by: string | null
          role: string
          token_hash: string
          workspace_id: string
        }
        Insert: {
          accepted_at?: string | null
          created_at?: string
          email: string
          expires_at: string
          id?: string
          invited_by?: string | null
          role: string
          token_hash: string
          workspace_id: string
        }
        Update: {
          accepted_at?: string | null
          created_at?: string
          email?: string
          expires_at?: string
          id?: string
          invited_by?: string | null
          role?: string
          token_hash?: string
          workspace_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "workspace_invitations_invited_by_fkey"
            columns: ["invited_by"]
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "workspace_invitations_workspace_id_fkey"
            columns: ["workspace_id"]
            referencedRelation: "workspaces"
            referencedColumns: ["id"]
          },
        ]
      }
      workspace_members: {
        Row: {
          created_at: string
          role: string
          user_id: string
          workspace_id: string
        }
        Insert: {
          created_at?: string
          role: string
          user_id: string
          workspace_id: string
        }
        Update: {
          created_at?: string
          role?: string
          user_id?: string
          workspace_id?: string
        }
        Relationships: [
          {
            foreignKeyName: "workspace_members_user_id_fkey"
            columns: ["user_id"]
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
          {
            foreignKeyName: "workspace_members_workspace_id_fkey"
            columns: ["workspace_id"]
            referencedRelation: "workspaces"
            referencedColumns: ["id"]
          },
        ]
      }
      workspaces: {
        Row: {
          created_at: string
          created_by: string | null
          id: string
          limits: NonNullable<Json>
          name: string
          settings: NonNullable<Json>
          updated_at: string
        }
        Insert: {
          created_at?: string
          created_by?: string | null
          id?: string
          limits?: NonNullable<Json>
          name: string
          settings?: NonNullable<Json>
          updated_at?: string
        }
        Update: {
          created_at?: string
          created_by?: string | null
          id?: string
          limits?: NonNullable<Json>
          name?: string
          settings?: NonNullable<Json>
          updated_at?: string
        }
        Relationships: [
          {
            foreignKeyName: "workspaces_created_by_fkey"
            columns: ["created_by"]
            referencedRelation: "profiles"
            referencedColumns: ["id"]
          },
        ]
      }
    }
    Views: {
      [_ in never]: never
    }
    Functions: {
      accept_invitation: {
        Args: { token_hash: string }
        Returns: {
          created_at: string
          created_by: string | null
          id: string
          limits: NonNullable<Json>
          name: string
          settings: NonNullable<Json>
          updated_at: string
        }
        SetofOptions: {
          from: "*"
          to: "workspaces"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      accept_webhook: {
        Args: {
          delivery_id: string
          endpoint_id: string
          event: string
          fingerprint?: string
          input: string
          payload: Json
          title?: string
        }
        Returns: Json
      }
      activity: {
        Args: {
          actor_id?: string
          before?: number
          kind?: string
          max_rows?: number
          persona_id?: string
          since?: string
          until?: string
          words?: string
          workspace_id: string
        }
        Returns: Json
      }
      approval_by_link: {
        Args: { approval_id: string; user_id: string }
        Returns: Json
      }
      audit_chain: { Args: { workspace_id: string }; Returns: Json }
      audit_heads: {
        Args: Record<PropertyKey, never>
        Returns: {
          hash: string
          seq: number
          workspace_id: string
        }[]
      }
      can_edit_persona: { Args: { persona_id: string }; Returns: boolean }
      can_follow_topic: { Args: { topic: string }; Returns: boolean }
      can_own_persona: { Args: { persona_id: string }; Returns: boolean }
      can_use_persona: { Args: { persona_id: string }; Returns: boolean }
      can_view_persona: { Args: { persona_id: string }; Returns: boolean }
      cancel_run: { Args: { run_id: string }; Returns: Json }
      check_audit_chain: {
        Args: { restart?: boolean; workspace_id: string }
        Returns: Json
      }
      create_api_key: {
        Args: {
          expires_at?: string
          key_hash: string
          name: string
          prefix: string
          scopes: string[]
          workspace_id?: string
        }
        Returns: Json
      }
      create_persona: {
        Args: { definition: Json; workspace_id: string }
        Returns: {
          color: string
          created_at: string
          created_by: string | null
          current_version_id: string | null
          description: string
          examples: string[]
          icon: string
          id: string
          name: string
          status: string
          updated_at: string
          visibility: string
          workspace_id: string
        }
        SetofOptions: {
          from: "*"
          to: "personas"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      create_run: {
        Args: {
          attachments?: Json
          idempotency_key?: string
          input: string
          lane?: string
          persona_id: string
        }
        Returns: Json
      }
      create_workspace: {
        Args: { name: string }
        Returns: {
          created_at: string
          created_by: string | null
          id: string
          limits: NonNullable<Json>
          name: string
          settings: NonNullable<Json>
          updated_at: string
        }
        SetofOptions: {
          from: "*"
          to: "workspaces"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      decide: {
        Args: {
          always?: Json
          answer?: string
          approval_id: string
          arguments_hash?: string
          decision: string
          edited?: Json
        }
        Returns: Json
      }
      decide_by_link: {
        Args: {
          answer?: string
          approval_id: string
          arguments_hash?: string
          decision: string
          user_id: string
        }
        Returns: Json
      }
      delete_persona: { Args: { persona_id: string }; Returns: undefined }
      delete_price: {
        Args: { model: string; workspace_id?: string }
        Returns: undefined
      }
      delete_provider: { Args: { provider_id: string }; Returns: undefined }
      delete_schedule: { Args: { schedule_id: string }; Returns: undefined }
      delete_secret: { Args: { secret_id: string }; Returns: undefined }
      delete_webhook_endpoint: {
        Args: { endpoint_id: string }
        Returns: undefined
      }
      delete_workspace: {
        Args: { confirm_name: string; workspace_id: string }
        Returns: undefined
      }
      end_session: { Args: { session_id: string }; Returns: undefined }
      erase_audit_content: {
        Args: { of_person?: string; of_workspace?: string }
        Returns: number
      }
      find_conversations: {
        Args: {
          archived?: boolean
          before?: string
          before_id?: string
          most?: number
          persona_id?: string
          q?: string
          workspace_id?: string
        }
        Returns: Json[]
      }
      fork_run: {
        Args: {
          changes?: Json
          effects?: string
          run_id: string
          segment: number
        }
        Returns: Json
      }
      inbound_webhook: { Args: { endpoint_id: string }; Returns: Json }
      invite_member: {
        Args: {
          email: string
          role: string
          token_hash: string
          workspace_id: string
        }
        Returns: Json
      }
      is_colleague: { Args: { user_id: string }; Returns: boolean }
      is_persona_path: { Args: { path: string }; Returns: boolean }
      is_platform_admin: { Args: Record<PropertyKey, never>; Returns: boolean }
      is_workspace_member: {
        Args: { role?: string; workspace_id: string }
        Returns: boolean
      }
      leave_platform: { Args: { confirm_email: string }; Returns: undefined }
      may_manage_account: { Args: Record<PropertyKey, never>; Returns: boolean }
      my_sessions: { Args: Record<PropertyKey, never>; Returns: Json }
      operations: { Args: Record<PropertyKey, never>; Returns: Json }
      persona_of_path: { Args: { path: string }; Returns: string }
      persona_role: { Args: { persona_id: string }; Returns: string }
      persona_spending: { Args: { persona_id: string }; Returns: Json }
      read_invitation: { Args: { token_hash: string }; Returns: Json }
      record_file_access: { Args: { artifact_id: string }; Returns: Json }
      record_run_file_access: { Args: { run_id: string }; Returns: undefined }
      redeliver: {
        Args: { delivery_id: string }
        Returns: {
          attempts: number
          created_at: string
          delivery_id: string
          endpoint_id: string
          error: string | null
          event: string
          fingerprint: string | null
          id: string
          msg_id: number | null
          next_at: string | null
          payload: NonNullable<Json>
          response_status: number | null
          run_id: string | null
          status: string
          workspace_id: string
        }
        SetofOptions: {
          from: "*"
          to: "webhook_deliveries"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      reject_webhook: {
        Args: { endpoint_id: string; reason: string }
        Returns: undefined
      }
      remove_member: {
        Args: { user_id: string; workspace_id: string }
        Returns: undefined
      }
      repeat_run: {
        Args: { idempotency_key?: string; run_id: string }
        Returns: Json
      }
      requeue_dead_letter: {
        Args: { dead_letter_id: string }
        Returns: undefined
      }
      resolve_alert: {
        Args: { alert_id: string }
        Returns: {
          details: NonNullable<Json>
          id: string
          kind: string
          message: string
          persona_id: string | null
          raised_at: string
          resolved_at: string | null
          resolved_by: string | null
          workspace_id: string | null
        }
        SetofOptions: {
          from: "*"
          to: "alerts"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      restore_persona_version: {
        Args: { number: number; persona_id: string }
        Returns: {
          agent_id: string
          allowed_hosts: string[]
          created_at: string
          created_by: string | null
          id: string
          instructions: string
          limits: NonNullable<Json>
          model: NonNullable<Json>
          note: string
          number: number
          persona_id: string
          workspace_id: string
        }
        SetofOptions: {
          from: "*"
          to: "persona_versions"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      retry_turn: {
        Args: { idempotency_key?: string; input?: string; run_id: string }
        Returns: Json
      }
      revoke_api_key: { Args: { key_id: string }; Returns: undefined }
      revoke_invitation: { Args: { invitation_id: string }; Returns: undefined }
      revoke_standing_approval: {
        Args: { standing_approval_id: string }
        Returns: undefined
      }
      run_checkpoints: { Args: { run_id: string }; Returns: Json }
      run_schedule_now: { Args: { schedule_id: string }; Returns: Json }
      save_price: {
        Args: {
          input_per_million: number
          model: string
          output_per_million: number
          workspace_id?: string
        }
        Returns: {
          currency: string
          input_per_million: number
          model: string
          output_per_million: number
          source: string
          updated_at: string
          workspace_id: string | null
        }
        SetofOptions: {
          from: "*"
          to: "model_prices"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      save_provider: {
        Args: { definition: Json; workspace_id: string }
        Returns: {
          api_key_secret_id: string | null
          base_url: string
          created_at: string
          id: string
          is_default: boolean
          leave_out: string[]
          models: string[]
          name: string
          vision_models: string[]
          workspace_id: string
        }
        SetofOptions: {
          from: "*"
          to: "llm_providers"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      save_schedule: {
        Args: { definition: Json; persona_id: string; schedule_id?: string }
        Returns: {
          approved_in_advance: NonNullable<Json>
          created_at: string
          created_by: string | null
          cron: string
          id: string
          input: string
          is_paused: boolean
          last_at: string | null
          missed: string
          name: string
          next_at: string | null
          persona_id: string
          time_zone: string
          workspace_id: string
        }
        SetofOptions: {
          from: "*"
          to: "schedules"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      save_secret: {
        Args: {
          ciphertext: string
          key_id: string
          name: string
          nonce: string
          workspace_id: string
        }
        Returns: Json
      }
      save_webhook_endpoint: {
        Args: { definition: Json; endpoint_id?: string; workspace_id: string }
        Returns: {
          created_at: string
          created_by: string | null
          direction: string
          disabled_reason: string | null
          events: string[]
          failing_since: string | null
          id: string
          input_template: string | null
          is_enabled: boolean
          name: string
          persona_id: string | null
          rejected: number
          rejected_in: string | null
          scheme: string
          secret_id: string | null
          url: string | null
          workspace_id: string
        }
        SetofOptions: {
          from: "*"
          to: "webhook_endpoints"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      search_tools: {
        Args: { max_results?: number; persona_id: string; query: string }
        Returns: Json
      }
      send_message: {
        Args: {
          attachments?: Json
          idempotency_key?: string
          input: string
          run_id: string
        }
        Returns: Json
      }
      set_member_role: {
        Args: { role: string; user_id: string; workspace_id: string }
        Returns: undefined
      }
      set_persona_tool: {
        Args: { persona_id: string; settings: Json; tool_name: string }
        Returns: {
          conditions: NonNullable<Json>
          granted_secrets: string[]
          is_enabled: boolean
          persona_id: string
          policy: string
          tool_id: string
          updated_at: string
          workspace_id: string
        }
        SetofOptions: {
          from: "*"
          to: "persona_tools"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      share_persona: {
        Args: { persona_id: string; role: string; user_id: string }
        Returns: undefined
      }
      test_provider: {
        Args: { definition: Json; workspace_id: string }
        Returns: string
      }
      test_webhook: {
        Args: { endpoint_id: string }
        Returns: {
          attempts: number
          created_at: string
          delivery_id: string
          endpoint_id: string
          error: string | null
          event: string
          fingerprint: string | null
          id: string
          msg_id: number | null
          next_at: string | null
          payload: NonNullable<Json>
          response_status: number | null
          run_id: string | null
          status: string
          workspace_id: string
        }
        SetofOptions: {
          from: "*"
          to: "webhook_deliveries"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      unshare_persona: {
        Args: { persona_id: string; user_id: string }
        Returns: undefined
      }
      update_conversation: {
        Args: { changes: Json; conversation_id: string }
        Returns: {
          archived_at: string | null
          created_at: string
          created_by: string | null
          id: string
          last_activity_at: string
          persona_id: string
          title: string
          workspace_id: string
        }
        SetofOptions: {
          from: "*"
          to: "conversations"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      update_persona: {
        Args: { changes: Json; persona_id: string }
        Returns: {
          color: string
          created_at: string
          created_by: string | null
          current_version_id: string | null
          description: string
          examples: string[]
          icon: string
          id: string
          name: string
          status: string
          updated_at: string
          visibility: string
          workspace_id: string
        }
        SetofOptions: {
          from: "*"
          to: "personas"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      update_profile: {
        Args: { display_name?: string; notify_by_mail?: boolean }
        Returns: {
          created_at: string
          display_name: string
          email: string
          id: string
          is_platform_admin: boolean
          notify_by_mail: boolean
        }
        SetofOptions: {
          from: "*"
          to: "profiles"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      update_workspace: {
        Args: { changes: Json; workspace_id: string }
        Returns: {
          created_at: string
          created_by: string | null
          id: string
          limits: NonNullable<Json>
          name: string
          settings: NonNullable<Json>
          updated_at: string
        }
        SetofOptions: {
          from: "*"
          to: "workspaces"
          isOneToOne: true
          isSetofReturn: false
        }
      }
      use_api_key: { Args: { key_hash: string; prefix: string }; Returns: Json }
      waiting_questions: { Args: { workspace_id: string }; Returns: Json }
      workspace_spending: { Args: { workspace_id: string }; Returns: Json }
    }
    Enums: {
      [_ in never]: never
    }
    CompositeTypes: {
      [_ in never]: never
    }
  }
}

type DatabaseWithoutInternals = Omit<Database, "__InternalSupabase">

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, "public">]

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends (DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
        DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])
    : never) = never,
> = DefaultSchemaTableNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals
}
  ? (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
      DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])[TableName] extends {
      Row: infer R
    }
    ? R
    : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema["Tables"] &
        DefaultSchema["Views"])
    ? (DefaultSchema["Tables"] &
        DefaultSchema["Views"])[DefaultSchemaTableNameOrOptions] extends {
        Row: infer R
      }
      ? R
      : never
    : never

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends (DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never) = never,
> = DefaultSchemaTableNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals
}
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Insert: infer I
    }
    ? I
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
        Insert: infer I
      }
      ? I
      : never
    : never

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends (DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never) = never,
> = DefaultSchemaTableNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals
}
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Update: infer U
    }
    ? U
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
        Update: infer U
      }
      ? U
      : never
    : never

export type Enums<
  DefaultSchemaEnumNameOrOptions extends
    | keyof DefaultSchema["Enums"]
    | { schema: keyof DatabaseWithoutInternals },
  EnumName extends (DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"]
    : never) = never,
> = DefaultSchemaEnumNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals
}
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"]
    ? DefaultSchema["Enums"][DefaultSchemaEnumNameOrOptions]
    : never

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema["CompositeTypes"]
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends (PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"]
    : never) = never,
> = PublicCompositeTypeNameOrOptions extends {
  schema: keyof DatabaseWithoutInternals
}
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema["CompositeTypes"]
    ? DefaultSchema["CompositeTypes"][PublicCompositeTypeNameOrOptions]
    : never

export const Constants = {
  public: {
    Enums: {},
  },
} as const
